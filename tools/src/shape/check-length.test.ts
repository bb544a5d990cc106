import { expect, it } from 'vitest'
import { treeOf } from '../tree.ts'
import { checkLengths } from './check-length.ts'

it('refuses a source file of more than 400 lines, and no other', () => {
  const tree = treeOf({
    'packages/a/long.ts': '//\n'.repeat(401),
    'packages/a/fine.ts': '//\n'.repeat(400),
    'examples/contract.json': '\n'.repeat(9000),
  })
  expect(checkLengths(tree).map((each) => each.file)).toEqual(['packages/a/long.ts'])
})
