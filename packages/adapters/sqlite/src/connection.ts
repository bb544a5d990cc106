import type { DatabaseSync } from 'node:sqlite'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { Fault, type FaultKind } from '@portcullis/kernel/fault'
import { Kysely } from 'kysely'
import { type DatabaseDescription, openDatabase } from './database.ts'
import { nodeSqliteDialect } from './dialect.ts'
import { messageOf } from './sqlite-error.ts'

/** Rows deleted before others get a turn. */
export const SWEEP_BATCH = 1000

/**
 * The one connection to a database file. Kysely hands it out in turn, so that nobody reads in the middle of somebody's
 * transaction; the engine itself works in this thread.
 */
export class Connection<Tables> {
  readonly #database: DatabaseSync
  readonly #tables: Kysely<Tables>
  readonly #unavailable: FaultKind
  #closing: Promise<void> | undefined

  constructor(file: string, description: DatabaseDescription) {
    this.#database = openDatabase(file, description)
    this.#tables = new Kysely({ dialect: nodeSqliteDialect(this.#database) })
    this.#unavailable = description.unavailable
  }

  /** Whatever goes wrong in the engine becomes the port's own outage. */
  async ask<T>(work: (tables: Kysely<Tables>) => Promise<T>): Promise<T> {
    if (this.#closing !== undefined) throw this.#unavailable({ internal: 'it is closed' })
    try {
      return await work(this.#tables)
    } catch (thrown) {
      if (thrown instanceof Fault) throw thrown
      throw this.#unavailable({ internal: messageOf(thrown), cause: thrown })
    }
  }

  /** Repeats a deletion of at most `SWEEP_BATCH` rows until it finds fewer; resolves to how many they were. */
  async sweep(deleteBatch: (tables: Kysely<Tables>) => Promise<{ numDeletedRows: bigint }>): Promise<number> {
    for (let swept = 0; ; await nextTurn()) {
      const { numDeletedRows } = await this.ask(deleteBatch)
      swept += Number(numDeletedRows)
      if (numDeletedRows < SWEEP_BATCH) return swept
    }
  }

  /** Lets those finish who asked before. */
  close(): Promise<void> {
    this.#closing ??= this.#tables.connection().execute(async () => this.#database.close())
    return this.#closing
  }
}
