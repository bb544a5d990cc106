import type { Document } from '@portcullis/ports/store/port'
import type { PreparedChange } from '@portcullis/ports/store/prepare'
import { describe, expect, it } from 'vitest'
import { type Found, ReadDocuments } from './read-documents.ts'

const document = (id: string, changes: Partial<Document<unknown>> = {}): Document<unknown> => ({
  id,
  version: 1,
  value: {},
  ...changes,
})
const found = (documents: readonly Document<unknown>[], characters = 2): Found => ({ documents, characters })
const removal = (id: string, collection = 'note'): PreparedChange => ({
  change: 'remove',
  organization: 'hmart',
  collection,
  id,
  expect: undefined,
})
const read = (documents: ReadDocuments, id: string, answer = found([document(id)])) =>
  documents.reading('hmart', 'note', { id }, async () => answer)
const known = (documents: ReadDocuments, id: string, now = 0) => documents.known('hmart', 'note', { id }, now)

describe('documents that were read', () => {
  it('are known to the next, also that there are none, and to nobody who asks for something else', async () => {
    const documents = new ReadDocuments()
    await read(documents, 'a')
    await read(documents, 'none', found([], 0))
    expect(known(documents, 'a')).toEqual([document('a')])
    expect(known(documents, 'none')).toEqual([])
    expect(known(documents, 'b')).toBeUndefined()
    expect(documents.known('hmart', 'draft', { id: 'a' }, 0)).toBeUndefined()
    expect(documents.known('acme', 'note', { id: 'a' }, 0)).toBeUndefined()
    expect(documents.known('hmart', 'note', { query: 'a' }, 0)).toBeUndefined()
  })

  it('are forgotten with a change of theirs, and queries with every change of their collection', async () => {
    const documents = new ReadDocuments()
    const find = () =>
      documents.reading('hmart', 'note', { query: '{}' }, async () => found([document('a'), document('b')]))
    for (const id of ['a', 'b']) await read(documents, id)
    await find()
    await documents.changing([removal('a')], async () => {})
    expect(known(documents, 'a')).toBeUndefined()
    expect(known(documents, 'b')).toBeDefined()
    expect(documents.known('hmart', 'note', { query: '{}' }, 0)).toBeUndefined()
    await find()
    await documents.changing([removal('a', 'draft')], async () => {})
    expect(documents.known('hmart', 'note', { query: '{}' }, 0)).toBeDefined()
    const where = {
      change: 'remove-where',
      organization: 'hmart',
      collection: 'note',
      attribute: 'x',
      equals: 'y',
    } as const
    await documents.changing([where], async () => {})
    expect(known(documents, 'b')).toBeUndefined()
  })

  it('are not kept when they were read while something was changed, even by a change that failed', async () => {
    const documents = new ReadDocuments()
    for (const outcome of [async () => {}, () => Promise.reject(new Error('it failed'))]) {
      const answer = Promise.withResolvers<Found>()
      const reading = documents.reading('hmart', 'note', { id: 'a' }, () => answer.promise)
      await documents.changing([removal('a')], outcome).catch(() => undefined)
      answer.resolve(found([document('a')]))
      expect(await reading).toEqual([document('a')])
      expect(known(documents, 'a')).toBeUndefined()
    }
    await documents.changing([removal('a')], async () => {
      await read(documents, 'a')
    })
    expect(known(documents, 'a')).toBeUndefined()
  })

  it('are asked for again once one of them has expired', async () => {
    const documents = new ReadDocuments()
    await read(documents, 'a', found([document('a', { expiresAt: 1000 })]))
    expect(known(documents, 'a', 999)).toBeDefined()
    expect(known(documents, 'a', 1000)).toBeUndefined()
  })

  it('take a bounded room, however many and large they are', async () => {
    const documents = new ReadDocuments()
    await read(documents, 'large', found([document('large')], 64_001))
    expect(known(documents, 'large')).toBeUndefined()
    for (let i = 0; i < 200; i++) await read(documents, `${i}`, found([document(`${i}`)], 64_000))
    const kept = Array.from({ length: 200 }, (_, i) => known(documents, `${i}`)).filter(
      (each) => each !== undefined,
    )
    expect(kept.length).toBeLessThanOrEqual(125)
    for (let i = 0; i < 30_000; i++) await read(documents, `none-${i}`, found([], 0))
    const empty = Array.from({ length: 30_000 }, (_, i) => known(documents, `none-${i}`)).filter(
      (each) => each !== undefined,
    )
    expect(empty.length).toBeLessThanOrEqual(20_000)
  })

  it('are the same for everybody until they change, and nobody knows them once it is closed', async () => {
    const documents = new ReadDocuments()
    await read(documents, 'a')
    expect(known(documents, 'a')?.[0]).toBe(known(documents, 'a')?.[0])
    documents.close()
    expect(known(documents, 'a')).toBeUndefined()
    await read(documents, 'a')
    expect(known(documents, 'a')).toBeUndefined()
  })
})
