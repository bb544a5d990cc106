import { describe, expect, it } from 'vitest'
import { put, type Query, storeFaults } from '../port.ts'
import { awkward, idsOf, notes, type Start } from './world.ts'

export function describeFinding(name: string, start: Start): void {
  describe(`${name}: finding`, () => {
    it.each([1, 2, 7])(
      'pages through all documents in code-point order, each once, %i at a time',
      async (limit) => {
        const { store } = await start()
        const ids = [...awkward, ...Array.from({ length: 30 }, (_, i) => `page/${i}`)]
        await store.commit(ids.map((id) => put(notes, 'hmart', id, { text: '', owner: 'ann' })))
        const expected = ids.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
        const where = { attribute: 'owner', equals: 'ann' }
        for (const query of [{}, { where }] satisfies Query[]) {
          const paged: string[] = []
          for (let after: string | undefined; ; after = paged.at(-1)) {
            const page = await store.find(notes, 'hmart', {
              ...query,
              limit,
              ...(after !== undefined && { after }),
            })
            paged.push(...idsOf(page))
            if (page.length < limit) break
          }
          expect(paged).toEqual(expected)
        }
      },
    )

    it('finds by prefix as a text, never as a pattern', async () => {
      const { store } = await start()
      await store.commit(awkward.map((id) => put(notes, 'hmart', id, { text: '', owner: 'ann' })))
      const where = { attribute: 'owner', equals: 'ann' }
      for (const prefix of awkward) {
        const expected = awkward.filter((id) => id.startsWith(prefix))
        expect(idsOf(await store.find(notes, 'hmart', { prefix }))).toEqual(expected)
        expect(idsOf(await store.find(notes, 'hmart', { prefix, where }))).toEqual(expected)
      }
    })

    it('finds by the attributes that a document has now', async () => {
      const { store } = await start()
      const find = async (attribute: string, equals: string): Promise<string[]> =>
        idsOf(await store.find(notes, 'hmart', { where: { attribute, equals } }))
      await store.commit([put(notes, 'hmart', 'n', { text: 'abc', owner: 'ann' })])
      expect([await find('owner', 'ann'), await find('size', '3')]).toEqual([['n'], ['n']])
      await store.commit([put(notes, 'hmart', 'n', { text: 'abcd', owner: 'bob' })])
      expect([await find('owner', 'ann'), await find('owner', 'bob'), await find('size', '4')]).toEqual([
        [],
        ['n'],
        ['n'],
      ])
      await store.commit([put(notes, 'hmart', 'n', { text: 'abcd' })])
      expect([await find('owner', 'bob'), await find('text', 'abcd'), await find('constructor', '')]).toEqual(
        [[], [], []],
      )
    })

    it('gives 1,000 documents when not told how many, and never more than 10,000', async () => {
      const { store } = await start()
      for (let batch = 0; batch < 2; batch++) {
        await store.commit(
          Array.from({ length: 5_001 }, (_, i) => put(notes, 'hmart', `${batch}/${i}`, { text: '' })),
        )
      }
      expect(await store.find(notes, 'hmart')).toHaveLength(1_000)
      expect(await store.find(notes, 'hmart', { limit: 1_000_000 })).toHaveLength(10_000)
      expect(await store.find(notes, 'hmart', { limit: 0 })).toEqual([])
      for (const limit of [-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
        await expect(store.find(notes, 'hmart', { limit })).rejects.toSatisfy(storeFaults.invalid.is)
      }
      await expect(store.find(notes, 'hmart', { after: '\ud800' })).rejects.toSatisfy(storeFaults.invalid.is)
    })
  })
}
