import { resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Fault, type FaultKind } from '@portcullis/kernel/fault'
import { sqliteFaults } from './fault.ts'
import { createPrivateFile } from './private-file.ts'
import { isDamage, messageOf } from './sqlite-error.ts'

/** What a database file holds and how it is kept. */
export interface DatabaseDescription {
  /** Written into the file's head, so that no file is taken for another. Four characters. */
  readonly mark: string
  /**
   * SQL that leads from one version of the schema to the next; the first from the empty file to version 1. Entries are
   * never changed once released, only added.
   */
  readonly migrations: readonly string[]
  /** `full`: a commit survives the loss of power. `normal`: it survives the end of the process. */
  readonly synchronous: 'full' | 'normal'
  /** Raised where the file cannot be opened for a reason that lies outside of it. */
  readonly unavailable: FaultKind
}

/**
 * How long a statement waits for the lock of a foreign program, such as a backup. The whole thread waits with it;
 * our own processes never meet here, as the data folder is locked.
 */
const BUSY_TIMEOUT_MILLIS = 1000

/**
 * Opens a database file, creates it where there is none, and brings its schema up to date. Refuses a file that is
 * damaged, of a newer version or not ours, and leaves it untouched.
 */
export function openDatabase(file: string, description: DatabaseDescription): DatabaseSync {
  // Absolute, so that no name is taken for one of SQLite's own (`:memory:`, `file:…?mode=`).
  const path = resolve(file)
  let database: DatabaseSync | undefined
  try {
    createPrivateFile(path)
    database = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MILLIS })
    demandKnown(path, database, description)
    database.exec(settingsOf(description))
    migrate(path, database, description)
    return database
  } catch (thrown) {
    database?.close()
    throw faultOf(thrown, path, description)
  }
}

/** Write-ahead log: readers and the writer do not wait for each other. Full sync: macOS drops no write from its cache. */
function settingsOf({ synchronous }: DatabaseDescription): string {
  return `
    PRAGMA journal_mode = wal;
    PRAGMA synchronous = ${synchronous};
    PRAGMA fullfsync = on;
    PRAGMA checkpoint_fullfsync = on;
    PRAGMA journal_size_limit = 67108864;
    PRAGMA trusted_schema = off;`
}

function demandKnown(file: string, database: DatabaseSync, { mark, migrations }: DatabaseDescription): void {
  const version = numberOf(database, 'PRAGMA user_version')
  const isNew = version === 0 && numberOf(database, 'SELECT count(*) FROM sqlite_schema') === 0
  if (isNew) return
  if (numberOf(database, 'PRAGMA application_id') !== applicationIdOf(mark)) {
    throw sqliteFaults.foreign({ detail: `The file "${file}" is a database, but not one of ours.` })
  }
  if (version > migrations.length) {
    throw sqliteFaults.newer({
      detail: `The file "${file}" has schema version ${version}; this release knows versions up to ${migrations.length}.`,
    })
  }
}

/** One transaction: a schema is never half new. */
function migrate(file: string, database: DatabaseSync, description: DatabaseDescription): void {
  const { mark, migrations } = description
  database.exec('BEGIN IMMEDIATE')
  // Once more, now that nobody else can change it.
  demandKnown(file, database, description)
  const version = numberOf(database, 'PRAGMA user_version')
  for (const migration of migrations.slice(version)) database.exec(migration)
  if (version < migrations.length) {
    database.exec(
      `PRAGMA application_id = ${applicationIdOf(mark)}; PRAGMA user_version = ${migrations.length}`,
    )
  }
  database.exec('COMMIT')
}

function numberOf(database: DatabaseSync, sql: string): number {
  return Number(Object.values(database.prepare(sql).get() ?? {})[0])
}

function applicationIdOf(mark: string): number {
  return Buffer.from(mark, 'latin1').readInt32BE()
}

function faultOf(thrown: unknown, file: string, { unavailable }: DatabaseDescription): Fault {
  if (thrown instanceof Fault) return thrown
  const internal = messageOf(thrown)
  if (isDamage(thrown)) {
    return sqliteFaults.damaged({ detail: `The file "${file}" cannot be read.`, internal, cause: thrown })
  }
  return unavailable({
    detail: `The file "${file}" cannot be opened.`,
    internal: `${file}: ${internal}`,
    remedy: 'Check that its folder exists, that this user may write there, and that the disk has room.',
    cause: thrown,
  })
}
