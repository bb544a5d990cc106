import { describe, expect, it } from 'vitest'
import { type Change, type Document, put, remove, removeWhere, storeFaults } from '../port.ts'
import { drafts, idsOf, type Note, notes, type Start } from './world.ts'

export function describeCommits(name: string, start: Start): void {
  describe(`${name}: commits`, () => {
    it('refuses an expectation that is not met, and changes nothing at all', async () => {
      const { store } = await start()
      await store.commit([
        put(notes, 'hmart', 'a', { text: 'a', owner: 'ann' }),
        put(notes, 'hmart', 'b', { text: 'b', owner: 'ann' }),
      ])
      const before = await store.find(notes, 'hmart')
      const unmet: Change[] = [
        put(notes, 'hmart', 'a', { text: 'x' }, { expect: 'absent' }),
        put(notes, 'hmart', 'a', { text: 'x' }, { expect: 2 }),
        put(notes, 'hmart', 'new', { text: 'x' }, { expect: 1 }),
        remove(notes, 'hmart', 'a', 2),
        remove(notes, 'hmart', 'new', 1),
      ]
      for (const last of unmet) {
        const changes = [
          put(notes, 'hmart', 'c', { text: 'c', owner: 'ann' }),
          put(drafts, 'other', 'd', { text: 'd' }),
          put(notes, 'hmart', 'b', { text: 'changed', owner: 'bob' }),
          removeWhere(notes, 'hmart', 'owner', 'bob'),
        ]
        await expect(store.commit([...changes, last])).rejects.toSatisfy(storeFaults.conflict.is)
        await expect(store.commit([last, ...changes])).rejects.toSatisfy(storeFaults.conflict.is)
        expect(await store.find(notes, 'hmart')).toEqual(before)
        expect(await store.find(drafts, 'other')).toEqual([])
        expect(await store.find(notes, 'hmart', { where: { attribute: 'owner', equals: 'bob' } })).toEqual([])
      }
    })

    it('makes changes in their order, each seeing those before it', async () => {
      const { store } = await start()
      await store.commit([
        put(notes, 'hmart', 'a', { text: '1', owner: 'ann' }, { expect: 'absent' }),
        put(notes, 'hmart', 'a', { text: '2', owner: 'bob' }, { expect: 1 }),
        put(notes, 'hmart', 'b', { text: '1', owner: 'ann' }),
        removeWhere(notes, 'hmart', 'owner', 'ann'),
        put(notes, 'hmart', 'c', { text: '1', owner: 'ann' }),
        remove(notes, 'hmart', 'c', 1),
        put(notes, 'hmart', 'c', { text: '2' }, { expect: 'absent' }),
      ])
      expect(await store.find(notes, 'hmart')).toEqual([
        { id: 'a', version: 2, value: { text: '2', owner: 'bob' } },
        { id: 'c', version: 1, value: { text: '2' } },
      ])
    })

    it('lets exactly one of many racing first writes win', async () => {
      const { store } = await start()
      const racers = Array.from({ length: 50 }, (_, i) =>
        store.commit([
          put(notes, 'hmart', 'n', { text: `${i}` }, { expect: 'absent' }),
          put(notes, 'hmart', `by-${i}`, { text: '' }),
        ]),
      )
      const results = await Promise.allSettled(racers)
      const winner = results.findIndex((each) => each.status === 'fulfilled')
      const losers = results.filter((each) => each.status === 'rejected')
      expect(losers).toHaveLength(49)
      expect(losers.every((each) => storeFaults.conflict.is(each.reason))).toBe(true)
      expect((await store.get(notes, 'hmart', 'n'))?.value.text).toBe(`${winner}`)
      expect(idsOf(await store.find(notes, 'hmart', { prefix: 'by-' }))).toEqual([`by-${winner}`])
    })

    it('loses none of many racing read-modify-writes', async () => {
      const { store } = await start()
      await store.commit([put(notes, 'hmart', 'sum', { text: '0' })])
      const addOne = async (): Promise<void> => {
        for (;;) {
          const read = await store.get(notes, 'hmart', 'sum')
          const text = String(Number(read?.value.text) + 1)
          try {
            return await store.commit([put(notes, 'hmart', 'sum', { text }, { expect: read?.version ?? 0 })])
          } catch (thrown) {
            if (!storeFaults.conflict.is(thrown)) throw thrown
          }
        }
      }
      await Promise.all(Array.from({ length: 25 }, addOne))
      expect(await store.get(notes, 'hmart', 'sum')).toMatchObject({ version: 26, value: { text: '25' } })
    })

    it('never shows half a commit to those who read meanwhile', async () => {
      const { store } = await start()
      const seen: Promise<readonly Document<Note>[]>[] = []
      const commits = Array.from({ length: 20 }, (_, i) => {
        const ids = ['a', 'b', 'c', 'd']
        const commit = store.commit(ids.map((id) => put(notes, 'hmart', id, { text: `${i}` })))
        seen.push(store.find(notes, 'hmart'))
        return commit
      })
      await Promise.all(commits)
      for (const found of await Promise.all(seen)) {
        expect([0, 4]).toContain(found.length)
        expect(new Set(found.map((each) => `${each.version} ${each.value.text}`)).size).toBeLessThan(2)
      }
    })
  })
}
