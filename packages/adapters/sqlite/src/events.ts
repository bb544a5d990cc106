import type { Decision } from '@portcullis/model/decision'
import type { EventQuery, Events } from '@portcullis/ports/events/port'
import {
  isPossibleRecord,
  type PreparedRecord,
  prepareEventQuery,
  prepareRecords,
  textAttributes,
} from '@portcullis/ports/events/prepare'
import type { Insertable, Kysely } from 'kysely'
import { Connection, SWEEP_BATCH } from './connection.ts'
import { type EventsTables, eventsDatabase } from './events-schema.ts'

/**
 * Opens the decision records in a file of their own, which is created where there is none. One process at a time: see
 * `lockDataFolder`. Rejects with a fault of `sqlite` for a file that is damaged, newer or not ours, else with
 * `events.unavailable`.
 */
export async function openSqliteEvents(options: { readonly file: string }): Promise<Events> {
  return new SqliteEvents(new Connection(options.file, eventsDatabase))
}

class SqliteEvents implements Events {
  readonly #connection: Connection<EventsTables>

  constructor(connection: Connection<EventsTables>) {
    this.#connection = connection
  }

  async append(records: readonly Decision[]): Promise<void> {
    const rows = prepareRecords(records).map(rowOf)
    await this.#connection.ask((tables) =>
      tables.transaction().execute(async (transaction) => {
        for (const row of rows) {
          await transaction
            .insertInto('decision')
            .values(row)
            .onConflict((there) => there.columns(['organization', 'id']).doNothing())
            .execute()
        }
      }),
    )
  }

  async get(organization: string, id: string): Promise<Decision | undefined> {
    return this.#connection.ask(async (tables) => {
      if (!isPossibleRecord(organization, id)) return undefined
      const row = await tables
        .selectFrom('decision')
        .select('record')
        .where('organization', '=', organization)
        .where('id', '=', id)
        .executeTakeFirst()
      return row && decisionOf(row)
    })
  }

  async find(organization: string, query: EventQuery): Promise<readonly Decision[]> {
    return this.#connection.ask(async (tables) => {
      const prepared = prepareEventQuery(organization, query)
      if (prepared === undefined) return []
      const rows = await select(tables, organization, prepared).execute()
      return rows.map(decisionOf)
    })
  }

  async sweep(beforeMillis: number): Promise<number> {
    return this.#connection.sweep((tables) =>
      tables
        .deleteFrom('decision')
        .where('key', 'in', (from) =>
          from.selectFrom('decision').select('key').where('at', '<', beforeMillis).limit(SWEEP_BATCH),
        )
        .executeTakeFirstOrThrow(),
    )
  }

  close(): Promise<void> {
    return this.#connection.close()
  }
}

function select(tables: Kysely<EventsTables>, organization: string, query: EventQuery) {
  let rows = tables.selectFrom('decision').select('record').where('organization', '=', organization)
  for (const attribute of textAttributes) {
    const text = query[attribute]
    if (text !== undefined) rows = rows.where(attribute, '=', text)
  }
  if (query.since !== undefined) rows = rows.where('at', '>=', query.since)
  if (query.until !== undefined) rows = rows.where('at', '<', query.until)
  return rows.orderBy('at', 'desc').orderBy('id', 'desc').limit(query.limit)
}

function rowOf({
  json,
  api,
  operation,
  client,
  code,
  ...rest
}: PreparedRecord): Insertable<EventsTables['decision']> {
  const optional = {
    api: api ?? null,
    operation: operation ?? null,
    client: client ?? null,
    code: code ?? null,
  }
  return { ...rest, ...optional, record: json }
}

function decisionOf(row: { readonly record: string }): Decision {
  return JSON.parse(row.record) as Decision
}
