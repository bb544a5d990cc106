import type { FaultKind } from '@portcullis/kernel/fault'
import type { Pool, PoolClient } from 'pg'
import { postgresFaults } from './fault.ts'
import { FORGET_OUTCOMES, OUTCOME_TABLE } from './outcome.ts'

/** What a part of the database holds. */
export interface DatabaseDescription {
  /** Its row in the table of versions. */
  readonly part: string
  /**
   * SQL that leads from one version of the tables to the next; the first from nothing to version 1. Entries are never
   * changed once released, only added.
   */
  readonly migrations: readonly string[]
  /** Raised where the server does not answer. */
  readonly unavailable: FaultKind
}

/** What is older is mended by nobody any more. */
const OLDEST_VERSION = 130_000
/** Any number that others are unlikely to have chosen for a lock of theirs. */
const MIGRATION_LOCK = 7_305_421

/** Brings the tables up to date, in one transaction and one process at a time. Refuses those of a newer release. */
export async function migrate(
  pool: Pool,
  schema: string,
  { part, migrations }: DatabaseDescription,
): Promise<void> {
  const client = await pool.connect()
  try {
    await demandFit(client)
    await client.query('begin')
    await client.query('select pg_advisory_xact_lock($1)', [MIGRATION_LOCK])
    await client.query(`create schema if not exists ${client.escapeIdentifier(schema)}`)
    await client.query(
      'create table if not exists schema_version (part text primary key, version int not null)',
    )
    await client.query(OUTCOME_TABLE)
    await client.query(FORGET_OUTCOMES)
    const { rows } = await client.query('select version from schema_version where part = $1', [part])
    const version: number = rows[0]?.version ?? 0
    if (version > migrations.length) {
      throw postgresFaults.newer({
        detail: `Its ${part} has version ${version}; this release knows versions up to ${migrations.length}.`,
      })
    }
    for (const migration of migrations.slice(version)) await client.query(migration)
    await client.query(
      'insert into schema_version values ($1, $2) on conflict (part) do update set version = excluded.version',
      [part, migrations.length],
    )
    await client.query('commit')
    client.release()
  } catch (thrown) {
    // Closed and not given back: so nothing of the transaction is left, whatever state it was in.
    client.release(true)
    throw thrown
  }
}

async function demandFit(client: PoolClient): Promise<void> {
  const { rows } = await client.query(
    `select current_setting('server_version_num')::int as version, current_setting('server_encoding') as encoding`,
  )
  const { version, encoding } = rows[0]
  if (version < OLDEST_VERSION) throw postgresFaults.unfit({ detail: `Its version is ${version}.` })
  if (encoding !== 'UTF8') throw postgresFaults.unfit({ detail: `Its encoding is ${encoding}.` })
}
