import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { copyDatabase } from './copy-database.ts'

let folder: string
let from: string
let used: DatabaseSync
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'portcullis-copy-'))
  from = join(folder, 'from.sqlite')
  used = new DatabaseSync(from)
  used.exec('PRAGMA journal_mode = wal; CREATE TABLE a (b); INSERT INTO a VALUES (1)')
})
afterEach(() => {
  used.close()
  rmSync(folder, { recursive: true })
})

const rowsOf = (file: string): number => {
  const copy = new DatabaseSync(file, { readOnly: true })
  const { rows } = copy.prepare('SELECT count(*) AS rows FROM a').get() as { rows: number }
  copy.close()
  return rows
}

it('copies what is committed of a database that is in use, for this user alone', () => {
  used.exec('BEGIN; INSERT INTO a VALUES (2)')
  copyDatabase(from, join(folder, 'to.sqlite'))
  expect(rowsOf(join(folder, 'to.sqlite'))).toBe(1)
  expect(statSync(join(folder, 'to.sqlite')).mode & 0o777).toBe(0o600)
  used.exec('COMMIT')
  expect(rowsOf(from)).toBe(2)
})

it('overwrites no file, and copies none that is no database', () => {
  writeFileSync(join(folder, 'to.sqlite'), 'mine')
  expect(() => copyDatabase(from, join(folder, 'to.sqlite'))).toThrow()
  expect(() => copyDatabase(join(folder, 'gone.sqlite'), join(folder, 'new.sqlite'))).toThrow()
})
