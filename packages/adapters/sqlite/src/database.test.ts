import { existsSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Fault } from '@portcullis/kernel/fault'
import type { Collection } from '@portcullis/model/collection'
import { eventsFaults } from '@portcullis/ports/events/port'
import { put, type Store, storeFaults } from '@portcullis/ports/store/port'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openDatabase } from './database.ts'
import { openSqliteEvents } from './events.ts'
import { eventsDatabase } from './events-schema.ts'
import { sqliteFaults } from './fault.ts'
import { openSqliteStore } from './store.ts'
import { storeDatabase } from './store-schema.ts'
import { temporaryFolder } from './temporary-folder.ts'

const notes: Collection<string> = { name: 'note', index: (text) => ({ text: text.slice(0, 10) }) }
const clock = { now: () => 1_800_000_000_000 }
const open = (file: string): Promise<Store> => openSqliteStore({ file, clock })

async function faultOf(opening: Promise<unknown>): Promise<Fault> {
  const thrown = await opening.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!(thrown instanceof Fault)) throw new Error('it was opened', { cause: thrown })
  return thrown
}

/** A store file with a few pages in it, closed. */
async function filledFile(): Promise<string> {
  const file = join(temporaryFolder(onTestFinished), 'store.db')
  const store = await open(file)
  await store.commit(Array.from({ length: 500 }, (_, i) => put(notes, 'hmart', `${i}`, `${i} `.repeat(50))))
  await store.close()
  return file
}

describe('a database file', () => {
  it('is readable for its owner alone, and so is every file beside it', async () => {
    const folder = temporaryFolder(onTestFinished)
    const store = await open(join(folder, 'store.db'))
    await store.commit([put(notes, 'hmart', 'n', 'text')])
    const modes = readdirSync(folder).map((file) => [file, statSync(join(folder, file)).mode & 0o777])
    expect(Object.fromEntries(modes)).toEqual({
      'store.db': 0o600,
      'store.db-wal': 0o600,
      'store.db-shm': 0o600,
    })
    await store.close()
    expect(readdirSync(folder)).toEqual(['store.db'])
  })

  it.each([
    ['the store', storeDatabase, 2],
    ['the events', eventsDatabase, 1],
  ])('is written ahead, and synced as far as the promise of %s goes', (_, description, synchronous) => {
    const database = openDatabase(join(temporaryFolder(onTestFinished), 'a.db'), description)
    onTestFinished(() => database.close())
    const setting = (name: string): unknown =>
      Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0]
    expect(setting('journal_mode')).toBe('wal')
    // 1 is normal, 2 is full (https://www.sqlite.org/pragma.html#pragma_synchronous).
    expect(setting('synchronous')).toBe(synchronous)
    expect(setting('foreign_keys')).toBe(1)
  })

  it('holds after it was closed what it held before', async () => {
    const file = await filledFile()
    const store = await open(file)
    onTestFinished(() => store.close())
    expect(await store.find(notes, 'hmart', { limit: 1000 })).toHaveLength(500)
    const where = { attribute: 'text', equals: '7 7 7 7 7 ' }
    expect((await store.find(notes, 'hmart', { where })).map((each) => each.id)).toEqual(['7'])
  })

  it('is brought to a new version of the schema with all it holds, or not at all', async () => {
    const file = await filledFile()
    const next = 'ALTER TABLE document ADD COLUMN colour TEXT'
    const failing = {
      ...storeDatabase,
      migrations: [...storeDatabase.migrations, next, 'SELECT * FROM nowhere'],
    }
    expect(() => openDatabase(file, failing)).toThrow(expect.objectContaining({ code: 'store.unavailable' }))
    const changed = { ...storeDatabase, migrations: [...storeDatabase.migrations, next] }
    for (let time = 0; time < 2; time++) {
      const database = openDatabase(file, changed)
      expect(
        database.prepare('SELECT count(colour) AS colours, count(*) AS all_of_them FROM document').get(),
      ).toEqual(expect.objectContaining({ colours: 0, all_of_them: 500 }))
      database.close()
    }
  })
})

describe('a database file that cannot be used', () => {
  it('is refused when a newer version wrote it, naming the file and the remedy', async () => {
    const file = await filledFile()
    openDatabase(file, { ...storeDatabase, migrations: [...storeDatabase.migrations, 'SELECT 1'] }).close()
    const fault = await faultOf(open(file))
    expect(sqliteFaults.newer.is(fault)).toBe(true)
    expect(fault.detail).toBe(`The file "${file}" has schema version 2; this release knows versions up to 1.`)
    expect(fault.remedy).toContain('Start that version')
  })

  it('is refused when it is the database of something else, and left as it is', async () => {
    const file = join(temporaryFolder(onTestFinished), 'other.db')
    const other = new DatabaseSync(file)
    other.exec('CREATE TABLE recipe (title TEXT)')
    other.close()
    const before = readFileSync(file)
    for (const opening of [open(file), openSqliteEvents({ file })]) {
      const fault = await faultOf(opening)
      expect(sqliteFaults.foreign.is(fault)).toBe(true)
      expect(fault.detail).toContain(file)
    }
    expect(readFileSync(file).equals(before)).toBe(true)
  })

  it('is refused when it is the other one of our two', async () => {
    const file = await filledFile()
    expect(sqliteFaults.foreign.is(await faultOf(openSqliteEvents({ file })))).toBe(true)
  })

  it.each<[string, (file: string) => void]>([
    [
      'is no database',
      (file) => writeFileSync(file, 'not a database, but long enough to be taken for one'.repeat(99)),
    ],
    ['was cut off', (file) => truncateSync(file, 3 * 4096)],
    ['has a damaged schema', (file) => overwrite(file, 100, 3996)],
  ])('is refused when it %s, naming the file and the remedy', async (_, damage) => {
    const file = await filledFile()
    damage(file)
    const fault = await faultOf(open(file))
    expect(sqliteFaults.damaged.is(fault)).toBe(true)
    expect(fault.detail).toBe(`The file "${file}" cannot be read.`)
    expect(fault.remedy).toContain('Restore it from a backup')
  })

  it('rejects, rather than answering that there is nothing, where it is damaged within', async () => {
    const file = await filledFile()
    overwrite(file, 4096, statSync(file).size - 4096)
    const store = await open(file)
    onTestFinished(() => store.close())
    await expect(store.get(notes, 'hmart', '7')).rejects.toSatisfy(storeFaults.unavailable.is)
    await expect(store.find(notes, 'hmart')).rejects.toSatisfy(storeFaults.unavailable.is)
    await expect(store.commit([put(notes, 'hmart', '7', '')])).rejects.toSatisfy(storeFaults.unavailable.is)
  })

  it('is refused where its folder is missing, and no folder is made', async () => {
    const file = join(temporaryFolder(onTestFinished), 'missing', 'a.db')
    expect(storeFaults.unavailable.is(await faultOf(open(file)))).toBe(true)
    const fault = await faultOf(openSqliteEvents({ file }))
    expect(eventsFaults.unavailable.is(fault)).toBe(true)
    expect(fault.detail).toContain(file)
    expect(fault.message).toContain('ENOENT')
    expect(existsSync(join(file, '..'))).toBe(false)
  })

  it('rejects a commit while another program has the write lock, makes none of it, and goes on afterwards', async () => {
    const file = await filledFile()
    const store = await open(file)
    onTestFinished(() => store.close())
    const other = new DatabaseSync(file)
    onTestFinished(() => other.close())
    other.exec('BEGIN IMMEDIATE')
    const thrown = await faultOf(store.commit([put(notes, 'hmart', 'new', 'text')]))
    expect(storeFaults.unavailable.is(thrown)).toBe(true)
    expect(thrown.message).toContain('locked')
    expect(thrown.detail).toBeUndefined()
    expect((await store.get(notes, 'hmart', '7'))?.version).toBe(1)
    other.exec('ROLLBACK')
    expect(await store.get(notes, 'hmart', 'new')).toBeUndefined()
    await store.commit([put(notes, 'hmart', 'new', 'text')])
    expect((await store.get(notes, 'hmart', 'new'))?.value).toBe('text')
  })
})

/** Puts bytes in the place of others that make no sense to SQLite. */
function overwrite(file: string, start: number, length: number): void {
  const bytes = readFileSync(file)
  writeFileSync(file, bytes.fill(0xa5, start, start + length))
}
