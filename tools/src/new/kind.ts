import { addToCatalog } from './add-to-catalog.ts'
import type { Words } from './words.ts'

/** Something that `npm run new` can write. */
export interface Kind {
  /** Paths of the repository by the template, below tools/template, from which they are written. */
  readonly files: Readonly<Record<string, (name: string) => string>>
  /** Files that are there already and get a line more. */
  readonly edits: Readonly<Record<string, (text: string, words: Words) => string>>
  /** What to do next, for the person who asked. */
  readonly next: (name: string) => string
}

const policyFile = (file: string) => (name: string) => `packages/policies/src/${name}/${file}`
const portFile = (file: string) => (name: string) => `packages/ports/src/${name}/${file}`

export const kinds: Readonly<Record<string, Kind>> = {
  policy: {
    files: {
      'policy/README.md.txt': policyFile('README.md'),
      'policy/contract.ts.txt': policyFile('contract.ts'),
      'policy/rules.ts.txt': policyFile('rules.ts'),
      'policy/policy.ts.txt': policyFile('policy.ts'),
      'policy/policy.test.ts.txt': policyFile('policy.test.ts'),
    },
    edits: { 'packages/policies/src/late-catalog.ts': addToCatalog },
    next: (name) =>
      `It works as it is: npx vitest run packages/policies/src/${name}. Change contract.ts first.`,
  },
  port: {
    files: {
      'port/port.ts.txt': portFile('port.ts'),
      'port/contract.ts.txt': portFile('contract.ts'),
      'port/memory.ts.txt': portFile('memory.ts'),
      'port/memory.test.ts.txt': portFile('memory.test.ts'),
    },
    edits: {},
    next: (name) => `It works as it is: npx vitest run packages/ports/src/${name}. Change port.ts first.`,
  },
  story: {
    files: {
      'story/story.ts.txt': (name) => `e2e/stories/${name}.story.ts`,
      'story/page.md.txt': (name) => `docs/stories/${name}.md`,
    },
    edits: {},
    next: (name) =>
      `It works as it is: npx vitest run e2e/stories/${name}. Change docs/stories/${name}.md first.`,
  },
}
