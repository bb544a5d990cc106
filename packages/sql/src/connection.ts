import type { Kysely, Transaction } from 'kysely'

/** Rows deleted before others get a turn. */
export const SWEEP_BATCH = 1000

/** How an engine is asked. Whatever goes wrong in it becomes the outage of the port. */
export interface Connection<Tables> {
  /** Whether others may write between two statements of a transaction: rows are then locked before they are judged. */
  readonly isShared: boolean
  ask<T>(work: (tables: Kysely<Tables>) => Promise<T>): Promise<T>
  /** All of it or nothing; durable when it resolves. `work` may run again where another transaction was in the way. */
  transact<T>(work: (transaction: Transaction<Tables>) => Promise<T>): Promise<T>
  /** Repeats a deletion of at most `SWEEP_BATCH` rows until it finds fewer; resolves to how many they were. */
  sweep(deleteBatch: (tables: Kysely<Tables>) => Promise<{ numDeletedRows: bigint }>): Promise<number>
  /** Lets those finish who asked before. */
  close(): Promise<void>
}
