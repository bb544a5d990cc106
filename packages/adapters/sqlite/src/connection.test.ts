import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { storeFaults } from '@portcullis/ports/store/port'
import type { StoreTables } from '@portcullis/sql/store-tables'
import { type Kysely, sql } from 'kysely'
import { describe, expect, it, onTestFinished } from 'vitest'
import { SqliteConnection } from './connection.ts'
import { storeDatabase } from './store-schema.ts'
import { temporaryFolder } from './temporary-folder.ts'

type Tables = Kysely<StoreTables>

const newFile = (): string => join(temporaryFolder(onTestFinished), 'store.db')

function connect(file = newFile()): SqliteConnection<StoreTables> {
  const connection = new SqliteConnection<StoreTables>(file, storeDatabase)
  onTestFinished(() => connection.close())
  return connection
}

const row = (id: string, value: string) => ({
  organization: 'hmart',
  collection: 'note',
  id,
  version: 1,
  expires_at: null,
  value,
})
const insert = (tables: Tables, id: string, value = ''): Promise<unknown> =>
  tables.insertInto('document').values(row(id, value)).execute()
const idsOf = async (tables: Tables): Promise<string[]> =>
  (await tables.selectFrom('document').select('id').orderBy('id').execute()).map((each) => each.id)

describe('a connection', () => {
  it('undoes a transaction for which there is no room, tells that, and goes on', async () => {
    const connection = connect()
    await connection.ask((tables) => insert(tables, 'a'))
    await connection.ask((tables) => sql`PRAGMA max_page_count = 50`.execute(tables))
    const tooMuch = connection.ask((tables) =>
      tables.transaction().execute(async (transaction) => {
        await insert(transaction, 'b')
        await insert(transaction, 'c', 'x'.repeat(1_000_000))
      }),
    )
    await expect(tooMuch).rejects.toSatisfy(storeFaults.unavailable.is)
    await expect(tooMuch).rejects.toThrow('full')
    expect(await connection.ask(idsOf)).toEqual(['a'])
    await connection.ask((tables) => tables.transaction().execute((transaction) => insert(transaction, 'd')))
    expect(await connection.ask(idsOf)).toEqual(['a', 'd'])
  })

  it('has the write lock from the beginning of a transaction, not from its first write', async () => {
    const file = newFile()
    const connection = connect(file)
    const other = new DatabaseSync(file, { timeout: 0 })
    onTestFinished(() => other.close())
    await connection.ask((tables) =>
      tables.transaction().execute(async (transaction) => {
        expect(await idsOf(transaction)).toEqual([])
        expect(() => other.exec('BEGIN IMMEDIATE')).toThrow('locked')
        await insert(transaction, 'a')
      }),
    )
    expect(await connection.ask(idsOf)).toEqual(['a'])
  })

  it('lets nobody read in the middle of a transaction', async () => {
    const connection = connect()
    let halfDone: () => void = () => {}
    const half = new Promise<void>((resolve) => {
      halfDone = resolve
    })
    const writing = connection.ask((tables) =>
      tables.transaction().execute(async (transaction) => {
        await insert(transaction, 'a')
        halfDone()
        await new Promise(setImmediate)
        await insert(transaction, 'b')
      }),
    )
    await half
    expect(await connection.ask(idsOf)).toEqual(['a', 'b'])
    await writing
  })

  it('closes when those who asked before have their answers', async () => {
    const connection = connect()
    const asked = connection.ask((tables) =>
      tables.transaction().execute(async (transaction) => {
        await insert(transaction, 'a')
        await new Promise(setImmediate)
        await insert(transaction, 'b')
      }),
    )
    const closing = connection.close()
    await expect(connection.ask(idsOf)).rejects.toSatisfy(storeFaults.unavailable.is)
    await asked
    await closing
  })

  it('keeps whole numbers to the last digit, and refuses to round those beyond', async () => {
    const connection = connect()
    const latest = Number.MAX_SAFE_INTEGER
    await connection.ask((tables) =>
      tables
        .insertInto('document')
        .values({ ...row('a', ''), version: latest, expires_at: -latest })
        .execute(),
    )
    const read = (tables: Tables) => tables.selectFrom('document').select(['version', 'expires_at']).execute()
    expect(await connection.ask(read)).toEqual([
      expect.objectContaining({ version: latest, expires_at: -latest }),
    ])
    await connection.ask((tables) => sql`UPDATE document SET version = version + 1`.execute(tables))
    await expect(connection.ask(read)).rejects.toSatisfy(storeFaults.unavailable.is)
  })
})
