import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Fault } from '@portcullis/kernel/fault'
import { storeFaults } from '@portcullis/ports/store/port'
import { createPrivateFile } from './private-file.ts'
import { isBusy, messageOf } from './sqlite-error.ts'

/** The right to use a data folder. */
export interface DataFolderLock {
  release(): void
}

/** Keeps the connections alive: a lock is gone when the garbage collector closes the connection that has it. */
const held = new Set<DatabaseSync>()

/**
 * Makes this process the only one that uses a data folder, and creates the folder, for this user alone, where there is
 * none. The lock is the operating system's: it ends with the process, however that ends, and leaves nothing behind to
 * clean up. Throws `store.locked` when somebody has it, be it this process, and `store.unavailable` when the folder
 * cannot be used.
 */
export function lockDataFolder(folder: string): DataFolderLock {
  const path = resolve(folder)
  const holder = join(path, 'lock.pid')
  let database: DatabaseSync | undefined
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 })
    createPrivateFile(join(path, 'lock.db'))
    database = new DatabaseSync(join(path, 'lock.db'), { timeout: 0 })
    database.exec('PRAGMA locking_mode = exclusive; BEGIN EXCLUSIVE')
    writeFileSync(holder, `${process.pid}\n`, { mode: 0o600 })
  } catch (thrown) {
    database?.close()
    throw isBusy(thrown) ? lockedBy(pidIn(holder), path) : unusable(path, thrown)
  }
  return heldLock(database, holder)
}

function heldLock(database: DatabaseSync, holder: string): DataFolderLock {
  held.add(database)
  return {
    release() {
      if (!held.delete(database)) return
      // First the name, then the lock: afterwards the name would be that of the next holder.
      rmSync(holder, { force: true })
      database.close()
    },
  }
}

function lockedBy(pid: number | undefined, folder: string): Fault {
  const who = pid === undefined ? 'another process' : `process ${pid}`
  return storeFaults.locked({ detail: `The data folder "${folder}" is in use by ${who}.` })
}

function unusable(folder: string, cause: unknown): Fault {
  return storeFaults.unavailable({
    detail: `The data folder "${folder}" cannot be used.`,
    internal: `${folder}: ${messageOf(cause)}`,
    remedy: 'Check that this user may write there, or choose another folder with PORTCULLIS_HOME.',
    cause,
  })
}

/** `undefined` where the holder has not yet told it, or where it is left over from one that is dead. */
function pidIn(file: string): number | undefined {
  try {
    const pid = Number(readFileSync(file, 'utf8'))
    // Signal 0 only asks whether there is such a process.
    return Number.isSafeInteger(pid) && pid > 0 && process.kill(pid, 0) ? pid : undefined
  } catch {
    return undefined
  }
}

/** Whether a process has the data folder, without taking it and without making anything. */
export function isHeld(folder: string): boolean {
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(join(resolve(folder), 'lock.db'), { timeout: 0, readOnly: true })
    database.exec('BEGIN; SELECT count(*) FROM sqlite_schema')
    return false
  } catch (thrown) {
    return isBusy(thrown)
  } finally {
    database?.close()
  }
}
