import type { Clock } from '@portcullis/ports/clock/port'
import type { Store } from '@portcullis/ports/store/port'
import { SqlStore } from '@portcullis/sql/store'
import { SqliteConnection } from './connection.ts'
import { storeDatabase } from './store-schema.ts'

/**
 * Opens the store in a file, which is created where there is none. One process at a time: see `lockDataFolder`.
 * Rejects with a fault of `sqlite` for a file that is damaged, newer or not ours, else with `store.unavailable`.
 */
export async function openSqliteStore(options: {
  readonly file: string
  readonly clock: Clock
}): Promise<Store> {
  return new SqlStore(new SqliteConnection(options.file, storeDatabase), options.clock)
}
