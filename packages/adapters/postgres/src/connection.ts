import { setTimeout as sleep } from 'node:timers/promises'
import { Fault, type FaultKind } from '@portcullis/kernel/fault'
import type { Secret } from '@portcullis/kernel/secret'
import type { Log } from '@portcullis/ports/log/port'
import type { Connection } from '@portcullis/sql/connection'
import { sweepInBatches } from '@portcullis/sql/sweep'
import { Kysely, PostgresDialect, type Transaction } from 'kysely'
import pg from 'pg'
import { type DatabaseDescription, migrate } from './database.ts'
import { type Mark, Outcomes } from './outcome.ts'
import { readServer } from './server.ts'

export interface PostgresOptions {
  /** See `readServer`. */
  readonly url: Secret
  /** Where the tables are; made where it is missing. */
  readonly schema?: string
  /** Connections at most. */
  readonly connections?: number
  /** A statement, or the wait for a connection, takes no longer. */
  readonly timeoutMillis?: number
  readonly log: Log
}

const DEFAULT_SCHEMA = 'portcullis'
const CONNECTIONS = 10
const TIMEOUT_MILLIS = 10_000
/** A transaction that others were in the way of is tried again this often. */
const ATTEMPTS = 20
/** How often it is asked what became of a commit whose answer was lost. */
const OUTCOME_LOOKS = 20
const OUTCOME_WAIT_MILLIS = 100

/** unique_violation: another inserted the same; serialization_failure; deadlock_detected. */
const IN_THE_WAY: ReadonlySet<string> = new Set(['23505', '40001', '40P01'])

/** Whole numbers as numbers, to the last digit. */
const types = {
  getTypeParser: ((oid: number, format: 'text' | 'binary') =>
    oid === pg.types.builtins.INT8
      ? wholeNumber
      : pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser,
}

function wholeNumber(text: string): number {
  const number = Number(text)
  if (!Number.isSafeInteger(number)) throw new RangeError(`${text} is too large for a number`)
  return number
}

/** Several connections to one database, which other processes write too. */
export class PostgresConnection<Tables> implements Connection<Tables> {
  readonly isShared = true
  readonly #tables: Kysely<Tables>
  readonly #unavailable: FaultKind
  readonly #outcomes = new Outcomes()
  #closing: Promise<void> | undefined

  private constructor(pool: pg.Pool, unavailable: FaultKind) {
    this.#tables = new Kysely({ dialect: new PostgresDialect({ pool }) })
    this.#unavailable = unavailable
  }

  static async open<Tables>(
    options: PostgresOptions,
    description: DatabaseDescription,
  ): Promise<PostgresConnection<Tables>> {
    const { url, schema = DEFAULT_SCHEMA, connections = CONNECTIONS, log } = options
    const timeoutMillis = options.timeoutMillis ?? TIMEOUT_MILLIS
    const pool = new pg.Pool({
      ...readServer(url),
      max: connections,
      application_name: 'portcullis',
      connectionTimeoutMillis: timeoutMillis,
      statement_timeout: timeoutMillis,
      // A server that vanished without a word is noticed all the same.
      query_timeout: timeoutMillis + 1000,
      keepAlive: true,
      types,
      // What was acknowledged is on the disk, whatever the server's own setting is.
      options: `-c search_path=${pg.escapeIdentifier(schema).replaceAll(' ', '\\ ')} -c synchronous_commit=on`,
    })
    pool.on('error', (error) => log.warn('a connection to PostgreSQL was lost', { reason: error.message }))
    // Of a connection in use, whoever uses it is told; unheard, the event would end the process.
    pool.on('connect', (client) => client.on('error', () => {}))
    try {
      await migrate(pool, schema, description)
    } catch (thrown) {
      await pool.end()
      throw outageOf(thrown, description.unavailable)
    }
    return new PostgresConnection<Tables>(pool, description.unavailable)
  }

  async ask<T>(work: (tables: Kysely<Tables>) => Promise<T>): Promise<T> {
    if (this.#closing !== undefined) throw this.#unavailable({ internal: 'it is closed' })
    try {
      return await work(this.#tables)
    } catch (thrown) {
      throw outageOf(thrown, this.#unavailable)
    }
  }

  transact<T>(work: (transaction: Transaction<Tables>) => Promise<T>): Promise<T> {
    return this.ask(async (tables) => {
      for (let left = ATTEMPTS; ; left--) {
        try {
          return await this.#transactOnce(tables, work)
        } catch (thrown) {
          if (left === 1 || !IN_THE_WAY.has(codeOf(thrown))) throw thrown
          await sleep(Math.random() * 10)
        }
      }
    })
  }

  async #transactOnce<T>(
    tables: Kysely<Tables>,
    work: (transaction: Transaction<Tables>) => Promise<T>,
  ): Promise<T> {
    const mark = this.#outcomes.begin()
    let done: { readonly result: T } | undefined
    try {
      return await tables.transaction().execute(async (transaction) => {
        await this.#outcomes.leave(transaction, mark)
        const result = await work(transaction)
        done = { result }
        return result
      })
    } catch (thrown) {
      // With a code the server has answered, and the answer was no.
      if (done === undefined || isAnswer(thrown) || !(await this.#wasCommitted(tables, mark))) throw thrown
      return done.result
    } finally {
      this.#outcomes.end(mark)
    }
  }

  /** What became of a commit whose answer was lost with the connection. Rejects where nobody can tell. */
  async #wasCommitted(tables: Kysely<Tables>, mark: Mark): Promise<boolean> {
    for (let left = OUTCOME_LOOKS; ; left--) {
      try {
        return await this.#outcomes.wasCommitted(tables, mark)
      } catch (cause) {
        if (left === 1) {
          throw this.#unavailable({ internal: 'whether the last commit was made is not known', cause })
        }
      }
      await sleep(OUTCOME_WAIT_MILLIS)
    }
  }

  sweep(deleteBatch: (tables: Kysely<Tables>) => Promise<{ numDeletedRows: bigint }>): Promise<number> {
    return sweepInBatches(() => this.ask(deleteBatch))
  }

  close(): Promise<void> {
    this.#closing ??= this.#tables.destroy()
    return this.#closing
  }
}

function outageOf(thrown: unknown, unavailable: FaultKind): Fault {
  if (thrown instanceof Fault) return thrown
  const internal = thrown instanceof Error ? thrown.message : String(thrown)
  return unavailable({ internal: `PostgreSQL: ${codeOf(thrown)} ${internal}`, cause: thrown })
}

/** SQLSTATE, or the code of the system. */
function codeOf(thrown: unknown): string {
  return thrown instanceof Error && 'code' in thrown ? String(thrown.code) : ''
}

/** Class 57 is told by a server that ends: before the commit or after, who knows. */
function isAnswer(thrown: unknown): boolean {
  return thrown instanceof pg.DatabaseError && !codeOf(thrown).startsWith('57')
}
