import type { Decision } from '@portcullis/model/decision/decision'
import type { EventQuery, Events, ObservedQuery, ObservedRefusals } from '@portcullis/ports/events/port'
import {
  isPossibleRecord,
  type PreparedRecord,
  prepareEventQuery,
  prepareObservedQuery,
  prepareRecords,
  textAttributes,
} from '@portcullis/ports/events/prepare'
import type { Insertable, Kysely } from 'kysely'
import { type Connection, SWEEP_BATCH } from './connection.ts'
import type { EventsTables } from './events-tables.ts'
import { inBatches } from './in-batches.ts'
import { QueryTexts } from './query-texts.ts'

/** Decision records in the tables of an engine. */
export class SqlEvents implements Events {
  readonly #connection: Connection<EventsTables>
  readonly #texts = new QueryTexts()

  constructor(connection: Connection<EventsTables>) {
    this.#connection = connection
  }

  async append(records: readonly Decision[]): Promise<void> {
    const prepared = prepareRecords(records)
    await this.#connection.transact(async (transaction) => {
      for (const batch of inBatches(prepared)) {
        const rows = batch.map(rowOf)
        const kept = await this.#texts.run(
          transaction,
          `append ${batch.length}`,
          rows.flatMap((row) => Object.values(row)),
          () =>
            transaction
              .insertInto('decision')
              .values(rows)
              .onConflict((there) => there.columns(['organization', 'id']).doNothing())
              .returning(['organization', 'id']),
        )
        // A record that was there before has been counted before.
        const news = new Set(kept.map(({ organization, id }) => `${organization}/${id}`))
        const observed = batch.filter(({ organization, id }) => news.delete(`${organization}/${id}`))
        const refusals = observed.flatMap(observedRowsOf)
        if (refusals.length > 0) await transaction.insertInto('observed').values(refusals).execute()
      }
    })
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

  async observed(organization: string, query: ObservedQuery): Promise<readonly ObservedRefusals[]> {
    return this.#connection.ask(async (tables) => {
      const prepared = prepareObservedQuery(organization, query)
      if (prepared === undefined) return []
      const { environment, policy, since, until, limit } = prepared
      const facts = ['environment', 'policy', 'origin', 'code', 'api', 'operation', 'client'] as const
      let rows = tables
        .selectFrom('observed')
        .select([...facts, (each) => each.fn.countAll<number>().as('calls')])
        .where('organization', '=', organization)
      if (environment !== undefined) rows = rows.where('environment', '=', environment)
      if (policy !== undefined) rows = rows.where('policy', '=', policy)
      if (since !== undefined) rows = rows.where('at', '>=', since)
      if (until !== undefined) rows = rows.where('at', '<', until)
      const found = await rows
        .groupBy([...facts])
        .orderBy('calls', 'desc')
        .limit(limit)
        .execute()
      return found.map(({ api, operation, client, ...rest }) => ({
        ...rest,
        ...(api !== null && { api }),
        ...(operation !== null && { operation }),
        ...(client !== null && { client }),
      }))
    })
  }

  async sweep(beforeMillis: number): Promise<number> {
    await this.#connection.sweep((tables) =>
      tables
        .deleteFrom('observed')
        .where('key', 'in', (from) =>
          from.selectFrom('observed').select('key').where('at', '<', beforeMillis).limit(SWEEP_BATCH),
        )
        .executeTakeFirstOrThrow(),
    )
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

function rowOf(record: PreparedRecord): Insertable<EventsTables['decision']> {
  const { organization, id, at, environment, outcome, code, json } = record
  return { organization, id, at, environment, outcome, code: code ?? null, record: json, ...calledIn(record) }
}

function observedRowsOf(record: PreparedRecord): Insertable<EventsTables['observed']>[] {
  const { organization, at, environment } = record
  return record.observed.map((step) => ({ organization, at, environment, ...step, ...calledIn(record) }))
}

function calledIn({ api, operation, client }: PreparedRecord) {
  return { api: api ?? null, operation: operation ?? null, client: client ?? null }
}

function decisionOf(row: { readonly record: string }): Decision {
  return JSON.parse(row.record) as Decision
}
