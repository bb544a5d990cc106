import type { Collection } from '@portcullis/model/collection'
import { describe, expect, it } from 'vitest'
import { put, remove, removeWhere } from '../port.ts'
import { notes, type Start } from './world.ts'

export function describeDocuments(name: string, start: Start): void {
  describe(`${name}: documents`, () => {
    it('gives back what was put, at once', async () => {
      const { store } = await start()
      await store.commit([put(notes, 'hmart', 'n', { text: 'a\u0000\ud800é\u{1f600}' })])
      const expected = { id: 'n', version: 1, value: { text: 'a\u0000\ud800é\u{1f600}' } }
      expect(await store.get(notes, 'hmart', 'n')).toEqual(expected)
      expect(await store.find(notes, 'hmart')).toEqual([expected])
    })

    it('has nothing where nothing was put', async () => {
      const { store } = await start()
      expect(await store.get(notes, 'hmart', 'n')).toBeUndefined()
      expect(await store.find(notes, 'hmart')).toEqual([])
      await store.commit([remove(notes, 'hmart', 'n'), removeWhere(notes, 'hmart', 'owner', 'ann')])
      await store.commit([])
    })

    it('counts versions, and from 1 again after a removal', async () => {
      const { store } = await start()
      const write = async (text: string): Promise<number | undefined> => {
        await store.commit([put(notes, 'hmart', 'n', { text })])
        return (await store.get(notes, 'hmart', 'n'))?.version
      }
      expect([await write('a'), await write('a'), await write('b')]).toEqual([1, 2, 3])
      await store.commit([remove(notes, 'hmart', 'n', 3)])
      expect(await store.get(notes, 'hmart', 'n')).toBeUndefined()
      expect(await write('c')).toBe(1)
    })

    it('shares no object with those who put, and none that could be changed with those who read', async () => {
      const { store } = await start()
      const given = { text: 'kept', owner: 'ann' }
      await store.commit([put(notes, 'hmart', 'n', given)])
      given.text = given.owner = 'changed'
      const read = await store.get(notes, 'hmart', 'n')
      expect(() => Object.assign(read?.value ?? {}, { text: 'changed too' })).toThrow(TypeError)
      const [found] = await store.find(notes, 'hmart', { where: { attribute: 'owner', equals: 'ann' } })
      expect(found?.value).toEqual({ text: 'kept', owner: 'ann' })
      const lists: Collection<{ leaf: number }[]> = { name: 'list', index: () => ({}) }
      await store.commit([put(lists, 'hmart', 'l', [{ leaf: 1 }])])
      for (const { value } of await store.find(lists, 'hmart')) {
        expect(() => value.push({ leaf: 2 })).toThrow(TypeError)
        expect(() => Object.assign(value[0] ?? {}, { leaf: 2 })).toThrow(TypeError)
      }
    })

    it('keeps every kind of JSON value and a value of 5 MB', async () => {
      const { store } = await start()
      const any: Collection<unknown> = { name: 'any', index: () => ({}) }
      const deep = JSON.parse('{"__proto__":{"a":[1,-0.5,1e308,true,null,"",{}]},"":9007199254740991}')
      const values = [null, false, 0, '', [], {}, deep, 'é'.repeat(2_500_000)]
      await store.commit(values.map((value, i) => put(any, 'hmart', `v${i}`, value)))
      expect((await store.find(any, 'hmart')).map((each) => each.value)).toEqual(values)
    })
  })
}
