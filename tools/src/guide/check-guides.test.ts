import { describe, expect, it } from 'vitest'
import { treeOf } from '../tree.ts'
import { checkGuides } from './check-guides.ts'

const around = {
  'package.json': JSON.stringify({ scripts: { check: '', test: '' } }),
  'apps/portcullis/src/command/apply.ts': '',
  'apps/portcullis/src/command/command.ts': '',
  'packages/policies/src/cors/README.md': '',
}

const complaints = (markdown: string, file = 'README.md') =>
  checkGuides(treeOf({ ...around, [file]: markdown })).map((each) => each.what)

describe('checkGuides', () => {
  it.each([
    ['a path', '`packages/policies/src/cors/README.md`'],
    ['a folder', '`packages/policies/`'],
    ['a path with a line', '`apps/portcullis/src/command/apply.ts:12`'],
    ['a path with a placeholder', '`packages/policies/src/<id>/README.md`'],
    ['a pattern', '`apps/portcullis/src/command/*.ts`'],
    ['a script', '```sh\nnpm ci && npm run check\nnpm test\n```'],
    ['a command', '```sh\n$ npx portcullis apply -f examples\n```'],
    [
      'a link',
      '[cors](packages/policies/src/cors/README.md#why), [page](https://example.com/a), [here](#there)',
    ],
    ['something else with a slash', '`text/html`, `and/or`, `https://example.com/packages/gone`'],
    ['an environment of that name', '`PORTCULLIS_HOME`, `.portcullis/`, the portcullis falls'],
  ])('has nothing against %s that is there', (_, markdown) => {
    expect(complaints(markdown)).toEqual([])
  })

  it.each([
    ['a path in backticks', 'Read `packages/gone/a.ts`.', 'packages/gone/a.ts'],
    ['a path in a block', '```sh\ncat ./packages/gone\n```', 'packages/gone'],
    ['a placeholder for nothing', '`packages/policies/src/<id>/gone.ts`', 'gone.ts'],
    ['a script', 'Run `npm run chekc`.', '"chekc"'],
    ['a script with a name of its own', '```sh\nnpm start\n```', '"start"'],
    ['a command', 'Run `portcullis aply -f .`.', '"portcullis aply"'],
    ['a command behind another', '```sh\ncd a && npx portcullis aply\n```', '"portcullis aply"'],
    ['a file that is no command', '`portcullis command`', '"portcullis command"'],
    ['a link', '[it](docs/gone.md)', 'docs/gone.md'],
  ])('refuses %s that is not there', (_, markdown, what) => {
    expect(complaints(markdown)).toEqual([expect.stringContaining(what)])
  })

  it('names the line', () => {
    const tree = treeOf({ ...around, 'README.md': '# A\n\n```\n\nnpm run gone\n```\n' })
    expect(checkGuides(tree)).toEqual([expect.objectContaining({ file: 'README.md', line: 5 })])
  })

  it('resolves a link from the folder of its guide', () => {
    expect(complaints('[cors](../../packages/policies/src/cors/README.md)', 'docs/a/b.md')).toEqual([])
    expect(complaints('[cors](packages/policies/src/cors/README.md)', 'docs/a/b.md')).toHaveLength(1)
  })

  it('lets history name what is gone', () => {
    expect(complaints('`packages/gone/a.ts`', 'CHANGELOG.md')).toEqual([])
    expect(complaints('`packages/gone/a.ts`', 'docs/decisions/0001-a.md')).toEqual([])
  })
})
