import type { PreparedChange } from '@portcullis/ports/store/prepare'
import { describe, expect, it } from 'vitest'
import { ReadRows, type Row } from './read-rows.ts'

const row = (id: string, changes: Partial<Row> = {}): Row => ({
  id,
  version: 1,
  expires_at: null,
  value: '{}',
  ...changes,
})
const removal = (id: string, collection = 'note'): PreparedChange => ({
  change: 'remove',
  organization: 'hmart',
  collection,
  id,
  expect: undefined,
})
const read = (rows: ReadRows, id: string, found: readonly Row[] = [row(id)]) =>
  rows.reading('hmart', 'note', { id }, async () => found)
const known = (rows: ReadRows, id: string, now = 0) => rows.known('hmart', 'note', { id }, now)

describe('rows that were read', () => {
  it('are known to the next, also that there are none, and to nobody who asks for something else', async () => {
    const rows = new ReadRows()
    await read(rows, 'a')
    await read(rows, 'none', [])
    expect(known(rows, 'a')).toEqual([row('a')])
    expect(known(rows, 'none')).toEqual([])
    expect(known(rows, 'b')).toBeUndefined()
    expect(rows.known('hmart', 'draft', { id: 'a' }, 0)).toBeUndefined()
    expect(rows.known('acme', 'note', { id: 'a' }, 0)).toBeUndefined()
    expect(rows.known('hmart', 'note', { query: 'a' }, 0)).toBeUndefined()
  })

  it('are forgotten with a change of theirs, and queries with every change of their collection', async () => {
    const rows = new ReadRows()
    const find = () => rows.reading('hmart', 'note', { query: '{}' }, async () => [row('a'), row('b')])
    for (const id of ['a', 'b']) await read(rows, id)
    await find()
    await rows.changing([removal('a')], async () => {})
    expect(known(rows, 'a')).toBeUndefined()
    expect(known(rows, 'b')).toBeDefined()
    expect(rows.known('hmart', 'note', { query: '{}' }, 0)).toBeUndefined()
    await find()
    await rows.changing([removal('a', 'draft')], async () => {})
    expect(rows.known('hmart', 'note', { query: '{}' }, 0)).toBeDefined()
    const where = {
      change: 'remove-where',
      organization: 'hmart',
      collection: 'note',
      attribute: 'x',
      equals: 'y',
    } as const
    await rows.changing([where], async () => {})
    expect(known(rows, 'b')).toBeUndefined()
  })

  it('are not kept when they were read while something was changed, even by a change that failed', async () => {
    const rows = new ReadRows()
    for (const outcome of [async () => {}, () => Promise.reject(new Error('it failed'))]) {
      const answer = Promise.withResolvers<readonly Row[]>()
      const reading = rows.reading('hmart', 'note', { id: 'a' }, () => answer.promise)
      await rows.changing([removal('a')], outcome).catch(() => undefined)
      answer.resolve([row('a')])
      expect(await reading).toEqual([row('a')])
      expect(known(rows, 'a')).toBeUndefined()
    }
    await rows.changing([removal('a')], async () => {
      await read(rows, 'a')
    })
    expect(known(rows, 'a')).toBeUndefined()
  })

  it('are asked for again once one of them has expired', async () => {
    const rows = new ReadRows()
    await read(rows, 'a', [row('a', { expires_at: 1000 })])
    expect(known(rows, 'a', 999)).toBeDefined()
    expect(known(rows, 'a', 1000)).toBeUndefined()
  })

  it('take a bounded room, however many and large they are', async () => {
    const rows = new ReadRows()
    await read(rows, 'large', [row('large', { value: 'x'.repeat(64_001) })])
    expect(known(rows, 'large')).toBeUndefined()
    const text = 'x'.repeat(64_000)
    for (let i = 0; i < 200; i++) await read(rows, `${i}`, [row(`${i}`, { value: text })])
    const kept = Array.from({ length: 200 }, (_, i) => known(rows, `${i}`)).filter(
      (each) => each !== undefined,
    )
    expect(kept.length).toBeLessThanOrEqual(125)
    for (let i = 0; i < 30_000; i++) await read(rows, `none-${i}`, [])
    const empty = Array.from({ length: 30_000 }, (_, i) => known(rows, `none-${i}`)).filter(
      (each) => each !== undefined,
    )
    expect(empty.length).toBeLessThanOrEqual(20_000)
  })
})
