import type { DatabaseSync } from 'node:sqlite'
import { Fault, type FaultKind } from '@portcullis/kernel/fault'
import type { Connection } from '@portcullis/sql/connection'
import { sweepInBatches } from '@portcullis/sql/sweep'
import { Kysely, type Transaction } from 'kysely'
import { type DatabaseDescription, openDatabase } from './database.ts'
import { nodeSqliteDialect } from './dialect.ts'
import { messageOf } from './sqlite-error.ts'

/**
 * The one connection to a database file. Kysely hands it out in turn, so that nobody reads in the middle of somebody's
 * transaction; the engine itself works in this thread.
 */
export class SqliteConnection<Tables> implements Connection<Tables> {
  /** One process, one connection: nobody writes in the middle of a transaction. */
  readonly isShared = false
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

  transact<T>(work: (transaction: Transaction<Tables>) => Promise<T>): Promise<T> {
    return this.ask((tables) => tables.transaction().execute(work))
  }

  sweep(deleteBatch: (tables: Kysely<Tables>) => Promise<{ numDeletedRows: bigint }>): Promise<number> {
    return sweepInBatches(() => this.ask(deleteBatch))
  }

  /** Lets those finish who asked before. */
  close(): Promise<void> {
    this.#closing ??= this.#tables.connection().execute(async () => this.#database.close())
    return this.#closing
  }
}
