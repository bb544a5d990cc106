import type { Finding } from '../finding.ts'
import type { Tree } from '../tree.ts'

const TEST = /^e2e\/stories\/([^/]+)\.story\.ts$/
const PAGE = /^docs\/stories\/([^/]+)\.md$/

/** Every story is told once in words and once as a test. */
export function checkStories(tree: Tree): Finding[] {
  return [
    ...withoutPartner(tree, TEST, (name) => `docs/stories/${name}.md`, 'is not told in words'),
    ...withoutPartner(tree, PAGE, (name) => `e2e/stories/${name}.story.ts`, 'is not tested'),
  ]
}

function withoutPartner(
  tree: Tree,
  pattern: RegExp,
  partnerOf: (name: string) => string,
  what: string,
): Finding[] {
  return tree.files.flatMap((file) => {
    const name = pattern.exec(file)?.[1]
    if (name === undefined || name === 'README' || tree.files.includes(partnerOf(name))) return []
    return [{ file, what: `The story "${name}" ${what}.`, mend: `Write ${partnerOf(name)}.` }]
  })
}
