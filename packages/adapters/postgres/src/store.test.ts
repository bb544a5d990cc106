import { randomUUID } from 'node:crypto'
import { collectingLog } from '@portcullis/ports/log/memory'
import { storeContract } from '@portcullis/ports/store/contract'
import { afterAll, beforeAll, describe } from 'vitest'
import { type PostgresServer, postgresIsMissing, startPostgres } from './fixture/postgres-server.ts'
import { openPostgresStore } from './store.ts'

describe.skipIf(postgresIsMissing)('PostgreSQL', () => {
  let server: PostgresServer
  beforeAll(async () => {
    server = await startPostgres()
  })
  afterAll(() => server.remove())

  storeContract('postgres store', (clock) =>
    openPostgresStore({ url: server.url, schema: `s${randomUUID()}`, clock, log: collectingLog() }),
  )
})
