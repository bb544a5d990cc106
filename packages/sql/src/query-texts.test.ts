import { DummyDriver, Kysely, SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler } from 'kysely'
import { expect, it } from 'vitest'
import { QueryTexts } from './query-texts.ts'

const tables = new Kysely<{ note: { id: string; text: string } }>({
  dialect: {
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  },
})

it('builds a query once for each shape, and not at all with parameters in another order than its text', async () => {
  const texts = new QueryTexts()
  let built = 0
  const change = (id: string, text: string, parameters = [text, id]) =>
    texts.run(tables, 'change', parameters, () => {
      built++
      return tables.updateTable('note').set({ text }).where('id', '=', id)
    })
  await expect(change('a', 'first', ['a', 'first'])).rejects.toThrow('not in its order')
  await change('a', 'first')
  await change('b', 'second')
  expect(built).toBe(2)
})
