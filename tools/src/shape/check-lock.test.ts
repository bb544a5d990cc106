import { describe, expect, it } from 'vitest'
import { treeOf } from '../tree.ts'
import { checkLock } from './check-lock.ts'

describe('checkLock', () => {
  it('refuses the address of a registry, naming its line', () => {
    const text = '{\n  "resolved": "https://registry.example/a.tgz",\n  "link": true\n}'
    expect(checkLock(treeOf({ 'package-lock.json': text }))).toEqual([expect.objectContaining({ line: 2 })])
  })

  it('lets a workspace be resolved to its folder', () => {
    expect(checkLock(treeOf({ 'package-lock.json': '{ "resolved": "packages/kernel" }' }))).toEqual([])
  })

  it('refuses a repository without a lock file', () => {
    expect(checkLock(treeOf({}))).toHaveLength(1)
  })
})
