import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readTree, type Tree, treeOf } from '../tree.ts'
import { planNew } from './plan.ts'
import { Refusal } from './words.ts'

const tools = readTree(join(import.meta.dirname, '../..'))
const templates = Object.fromEntries(
  tools.files
    .filter((file) => file.startsWith('template/'))
    .map((file) => [`tools/${file}`, tools.read(file)]),
)
const CATALOG = 'packages/policies/src/late-catalog.ts'
const catalog = "export const lateCatalog = [late('jwt', () => import('./jwt/policy.ts'))]\n"

const tree = (files: Record<string, string> = {}): Tree =>
  treeOf({ ...templates, [CATALOG]: catalog, ...files })

describe('planNew', () => {
  it('writes the five files of a policy and its line in the catalogue', () => {
    const plan = planNew(tree(), 'policy', 'purpose-header')
    expect(Object.keys(plan.written).toSorted()).toEqual(
      ['README.md', 'contract.ts', 'policy.test.ts', 'policy.ts', 'rules.ts'].map(
        (file) => `packages/policies/src/purpose-header/${file}`,
      ),
    )
    expect(plan.changed[CATALOG]).toContain("late('purpose-header', ")
  })

  it('writes a port with its suite, and a story twice', () => {
    expect(Object.keys(planNew(tree(), 'port', 'mail').written)).toHaveLength(4)
    expect(Object.keys(planNew(tree(), 'story', 'a-story').written)).toEqual([
      'e2e/stories/a-story.story.ts',
      'docs/stories/a-story.md',
    ])
  })

  it.each(['policy', 'port', 'story'])('leaves no hole in the templates of a %s', (kind) => {
    const { written } = planNew(tree(), kind, 'purpose-header')
    for (const text of Object.values(written)) expect(text).not.toMatch(/\{\{\w+\}\}/)
  })

  it.each([
    ['policy', { 'packages/policies/src/mine/notes.md': '' }],
    ['port', { 'packages/ports/src/mine/port.ts': '' }],
    ['story', { 'docs/stories/mine.md': '' }],
  ])('refuses a %s whose name is taken', (kind, files) => {
    expect(() => planNew(tree(files), kind, 'mine')).toThrow('is there already')
  })

  it.each(['polcy', 'constructor', ''])('refuses the kind "%s" and names those that there are', (kind) => {
    expect(() => planNew(tree(), kind, 'mine')).toThrow(Refusal)
    expect(() => planNew(tree(), kind, 'mine')).toThrow('policy, port, story')
  })
})
