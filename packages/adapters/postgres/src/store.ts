import type { Clock } from '@portcullis/ports/clock/port'
import type { Store } from '@portcullis/ports/store/port'
import { SqlStore } from '@portcullis/sql/store'
import { PostgresConnection, type PostgresOptions } from './connection.ts'
import { storeDatabase } from './store-schema.ts'

/**
 * Opens the store in a PostgreSQL database, which several processes may share: each then goes by its own clock for what
 * has expired. Makes the tables where they are missing. Rejects with a fault of `postgres` for a database that is not
 * fit or newer, else with `store.unavailable`.
 */
export async function openPostgresStore(
  options: PostgresOptions & { readonly clock: Clock },
): Promise<Store> {
  return new SqlStore(await PostgresConnection.open(options, storeDatabase), options.clock)
}
