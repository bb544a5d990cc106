import { randomUUID } from 'node:crypto'
import { eventsContract } from '@portcullis/ports/events/contract'
import { collectingLog } from '@portcullis/ports/log/memory'
import { afterAll, beforeAll, describe } from 'vitest'
import { openPostgresEvents } from './events.ts'
import { type PostgresServer, postgresIsMissing, startPostgres } from './fixture/postgres-server.ts'

describe.skipIf(postgresIsMissing)('PostgreSQL', () => {
  let server: PostgresServer
  beforeAll(async () => {
    server = await startPostgres()
  })
  afterAll(() => server.remove())

  eventsContract('postgres events', () =>
    openPostgresEvents({ url: server.url, schema: `e${randomUUID()}`, log: collectingLog() }),
  )
})
