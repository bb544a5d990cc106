import type { Events } from '@portcullis/ports/events/port'
import { SqlEvents } from '@portcullis/sql/events'
import { PostgresConnection, type PostgresOptions } from './connection.ts'
import { eventsDatabase } from './events-schema.ts'

/**
 * Opens the decision records in a PostgreSQL database, which several processes may share. Rejects with a fault of
 * `postgres` for a database that is not fit or newer, else with `events.unavailable`.
 */
export async function openPostgresEvents(options: PostgresOptions): Promise<Events> {
  return new SqlEvents(await PostgresConnection.open(options, eventsDatabase))
}
