import type { Events } from '@portcullis/ports/events/port'
import { SqlEvents } from '@portcullis/sql/events'
import { SqliteConnection } from './connection.ts'
import { eventsDatabase } from './events-schema.ts'

/**
 * Opens the decision records in a file of their own, which is created where there is none. One process at a time: see
 * `lockDataFolder`. Rejects with a fault of `sqlite` for a file that is damaged, newer or not ours, else with
 * `events.unavailable`.
 */
export async function openSqliteEvents(options: { readonly file: string }): Promise<Events> {
  return new SqlEvents(new SqliteConnection(options.file, eventsDatabase))
}
