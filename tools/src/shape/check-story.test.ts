import { describe, expect, it } from 'vitest'
import { treeOf } from '../tree.ts'
import { checkStories } from './check-story.ts'

const test = 'e2e/stories/app-may-list.story.ts'
const page = 'docs/stories/app-may-list.md'

describe('checkStories', () => {
  it('has nothing against a story that is told twice', () => {
    expect(checkStories(treeOf({ [test]: '', [page]: '', 'docs/stories/README.md': '' }))).toEqual([])
  })

  it('refuses a test without its page, and a page without its test', () => {
    expect(checkStories(treeOf({ [test]: '' })).map((each) => each.file)).toEqual([test])
    expect(checkStories(treeOf({ [page]: '' })).map((each) => each.file)).toEqual([page])
  })
})
