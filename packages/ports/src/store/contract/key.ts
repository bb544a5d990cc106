import type { Collection } from '@portcullis/model/collection'
import { describe, expect, it } from 'vitest'
import { type Change, put, remove, removeWhere, storeFaults } from '../port.ts'
import { MAX_ATTRIBUTES, MAX_CHANGES, MAX_ID_BYTES, MAX_NAME_BYTES, MAX_VALUE_BYTES } from '../prepare.ts'
import { awkward, drafts, idsOf, type Note, notes, type Start } from './world.ts'

export function describeKeys(name: string, start: Start): void {
  describe(`${name}: keys`, () => {
    it('keeps organizations, collections and ids apart, whatever characters they have', async () => {
      const { store } = await start()
      const value = (organization: string, id: string): Note => ({ text: `${organization} has ${id}` })
      await store.commit(
        awkward.flatMap((organization) =>
          awkward.map((id) => put(notes, organization, id, value(organization, id))),
        ),
      )
      expect(await store.find(drafts, 'a')).toEqual([])
      for (const organization of awkward) {
        const found = await store.find(notes, organization)
        expect(idsOf(found)).toEqual(awkward)
        expect(found.map((each) => each.value)).toEqual(awkward.map((id) => value(organization, id)))
        expect((await store.get(notes, organization, 'a/b'))?.value).toEqual(value(organization, 'a/b'))
      }
      await store.commit(awkward.map((id) => remove(notes, 'a', id)))
      expect(await store.find(notes, 'a')).toEqual([])
      expect(await store.find(notes, 'a/')).toHaveLength(awkward.length)
    })

    it('keeps collections and organizations apart, also where their names run into each other', async () => {
      const { store } = await start()
      const collections = awkward.map((name): Collection<string> => ({ name, index: () => ({}) }))
      const pairs = collections.flatMap((collection) =>
        awkward.map((organization) => [collection, organization] as const),
      )
      const text = (collection: Collection<string>, organization: string): string =>
        JSON.stringify([collection.name, organization])
      await store.commit(
        pairs.map(([one, organization]) => put(one, organization, 'n', text(one, organization))),
      )
      for (const [one, organization] of pairs) {
        expect((await store.get(one, organization, 'n'))?.value).toBe(text(one, organization))
        expect(await store.find(one, organization)).toHaveLength(1)
      }
    })

    it('keeps the attributes of organizations and collections apart', async () => {
      const { store } = await start()
      for (const [collection, organization] of [
        [notes, 'a'],
        [notes, 'b'],
        [drafts, 'a'],
      ] as const) {
        await store.commit(
          awkward.map((owner, i) => put(collection, organization, `${i}`, { text: organization, owner })),
        )
      }
      for (const equals of awkward) {
        const found = await store.find(notes, 'a', { where: { attribute: 'owner', equals } })
        expect(found.map((each) => each.value)).toEqual([{ text: 'a', owner: equals }])
        await store.commit([removeWhere(notes, 'a', 'owner', equals)])
      }
      expect(await store.find(notes, 'a')).toEqual([])
      expect(await store.find(notes, 'b')).toHaveLength(awkward.length)
      expect(await store.find(drafts, 'a')).toHaveLength(awkward.length)
    })

    it('refuses what is beyond its limits, and keeps what is right at them', async () => {
      const { store } = await start()
      const named = (name: string): Collection<Note> => ({ name, index: () => ({}) })
      const indexed = (index: Record<string, string>): Collection<Note> => ({
        name: 'note',
        index: () => index,
      })
      const many = (length: number) => Object.fromEntries(Array.from({ length }, (_, i) => [`a${i}`, '']))
      const long = { name: 'n'.repeat(MAX_NAME_BYTES), id: '\u{1f600}'.repeat(MAX_ID_BYTES / 4) }
      const value = (bytes: number): Note => ({ text: 'x'.repeat(bytes - '{"text":""}'.length) })
      const small = value(20)
      const circular = { text: '', self: {} }
      circular.self = circular
      const refused: Change[] = [
        ...['', 'a\0', '\ud800', `${long.id}x`].map((id) => put(notes, 'hmart', id, small)),
        ...['', 'a\0', '\ud800', `${long.name}x`].map((organization) => put(notes, organization, 'n', small)),
        ...['', 'a\0', '\ud800', `${long.name}x`].map((name) => put(named(name), 'hmart', 'n', small)),
        ...['a\0', '\ud800', `${long.id}x`].map((owner) => put(notes, 'hmart', 'n', { text: '', owner })),
        ...['', 'a\0', `${long.name}x`].map((name) => put(indexed({ [name]: '' }), 'hmart', 'n', small)),
        put(indexed(many(MAX_ATTRIBUTES + 1)), 'hmart', 'n', small),
        put(notes, 'hmart', 'n', value(MAX_VALUE_BYTES + 1)),
        put(notes, 'hmart', 'n', circular),
        put<unknown>({ name: 'any', index: () => ({}) }, 'hmart', 'n', undefined),
        ...[1.5, Number.NaN, 2 ** 53].map((expiresAt) => put(notes, 'hmart', 'n', small, { expiresAt })),
        removeWhere(notes, 'hmart', 'owner', '\ud800'),
      ]
      for (const change of refused) {
        const changes = [put(notes, 'hmart', 'm', small), change]
        await expect(store.commit(changes)).rejects.toSatisfy(storeFaults.invalid.is)
      }
      const tooMany = Array.from({ length: MAX_CHANGES + 1 }, () => remove(notes, 'hmart', 'm'))
      await expect(store.commit(tooMany)).rejects.toSatisfy(storeFaults.invalid.is)
      expect(await store.find(notes, 'hmart')).toEqual([])

      const widest = indexed({ ...many(MAX_ATTRIBUTES - 1), [long.name]: long.id })
      const largest = { ...widest, name: long.name }
      const latest = { expiresAt: Number.MAX_SAFE_INTEGER }
      await store.commit([put(largest, long.name, long.id, value(MAX_VALUE_BYTES), latest)])
      const where = { attribute: long.name, equals: long.id }
      const [found] = await store.find(largest, long.name, { where, prefix: long.id })
      expect(found).toMatchObject({ id: long.id, version: 1, ...latest })
      expect(found?.value.text).toHaveLength(value(MAX_VALUE_BYTES).text.length)
    })

    it('has nothing under a key that cannot be, and does not take it for another', async () => {
      const { store } = await start()
      await store.commit([
        put(notes, 'hmart', '\ufffd', { text: '', owner: '\ufffd' }),
        put(notes, '\ufffd', 'n', { text: '' }),
      ])
      for (const id of ['', '\ud800', 'a\0', 'x'.repeat(1_000_000)]) {
        expect(await store.get(notes, 'hmart', id)).toBeUndefined()
        expect(await store.get(notes, id, 'n')).toBeUndefined()
        expect(await store.find(notes, id)).toEqual([])
        if (id !== '') expect(await store.find(notes, 'hmart', { prefix: id })).toEqual([])
        expect(await store.find(notes, 'hmart', { where: { attribute: 'owner', equals: id } })).toEqual([])
        expect(await store.find(notes, 'hmart', { where: { attribute: id, equals: '\ufffd' } })).toEqual([])
      }
    })
  })
}
