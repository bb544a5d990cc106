import { describe, expect, it } from 'vitest'
import { put, remove, storeFaults } from '../port.ts'
import { drafts, idsOf, notes, type Start } from './world.ts'

export function describeExpiry(name: string, start: Start): void {
  describe(`${name}: expiry`, () => {
    it('has a document until the very millisecond at which it expires, by its own clock', async () => {
      const { store, clock } = await start()
      const expiresAt = clock.millis + 10
      await store.commit([put(notes, 'hmart', 'n', { text: '', owner: 'ann' }, { expiresAt })])
      const where = { attribute: 'owner', equals: 'ann' }
      clock.millis = expiresAt - 1
      expect(await store.get(notes, 'hmart', 'n')).toMatchObject({ expiresAt })
      expect(await store.find(notes, 'hmart', { where })).toMatchObject([{ expiresAt }])
      clock.millis = expiresAt
      expect(await store.get(notes, 'hmart', 'n')).toBeUndefined()
      expect(await store.find(notes, 'hmart')).toEqual([])
      expect(await store.find(notes, 'hmart', { where })).toEqual([])
    })

    it('takes what has expired for absent when it writes', async () => {
      const { store, clock } = await start()
      const expiresAt = clock.millis
      await store.commit([
        put(notes, 'hmart', 'a', { text: '' }),
        put(notes, 'hmart', 'a', { text: '' }, { expiresAt }),
      ])
      await expect(store.commit([remove(notes, 'hmart', 'a', 2)])).rejects.toSatisfy(storeFaults.conflict.is)
      await expect(store.commit([put(notes, 'hmart', 'a', { text: '' }, { expect: 2 })])).rejects.toSatisfy(
        storeFaults.conflict.is,
      )
      await store.commit([put(notes, 'hmart', 'a', { text: 'new' }, { expect: 'absent' })])
      expect(await store.get(notes, 'hmart', 'a')).toEqual({ id: 'a', version: 1, value: { text: 'new' } })
    })

    it('sweeps exactly what has expired, of every organization, and counts it', async () => {
      const { store, clock } = await start()
      const expiresAt = clock.millis + 1
      await store.commit([
        ...Array.from({ length: 2_500 }, (_, i) => put(notes, 'hmart', `${i}`, { text: '' }, { expiresAt })),
        put(drafts, 'other', 'gone', { text: '', owner: 'ann' }, { expiresAt }),
        put(drafts, 'other', 'later', { text: '' }, { expiresAt: expiresAt + 1 }),
        put(drafts, 'other', 'never', { text: '' }),
      ])
      expect(await store.sweep()).toBe(0)
      clock.millis = expiresAt
      expect(await store.sweep()).toBe(2_501)
      expect(await store.sweep()).toBe(0)
      expect(idsOf(await store.find(drafts, 'other'))).toEqual(['later', 'never'])
    })
  })
}
