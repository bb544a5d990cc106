import { randomUUID } from 'node:crypto'
import { Secret } from '@portcullis/kernel/secret'
import type { Collection } from '@portcullis/model/collection'
import { collectingLog } from '@portcullis/ports/log/memory'
import { put, storeFaults } from '@portcullis/ports/store/port'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { postgresFaults } from './fault.ts'
import { type PostgresServer, postgresIsMissing, startPostgres } from './fixture/postgres-server.ts'
import { openPostgresStore } from './store.ts'

const heads: Collection<{ readonly number: number }> = { name: 'head', index: () => ({}) }

describe.skipIf(postgresIsMissing)('several processes at one database', () => {
  let server: PostgresServer
  beforeAll(async () => {
    server = await startPostgres()
  })
  afterAll(() => server.remove())

  async function open(schema: string) {
    const store = await openPostgresStore({
      url: server.url,
      schema,
      clock: { now: Date.now },
      log: collectingLog(),
    })
    onTestFinished(() => store.close())
    return store
  }

  test('make the tables once, when all of them come at the same moment', async () => {
    const schema = `s${randomUUID()}`
    const stores = await Promise.all(Array.from({ length: 5 }, () => open(schema)))
    await stores[0]?.commit([put(heads, 'hmart', 'head', { number: 1 })])
    for (const store of stores) expect((await store.get(heads, 'hmart', 'head'))?.value.number).toBe(1)
  })

  test('of those who expect the same only one comes through', async () => {
    const schema = `s${randomUUID()}`
    const stores = await Promise.all([open(schema), open(schema), open(schema)])
    for (const expected of ['absent', 1, 2] as const) {
      const tries = Array.from({ length: 12 }, (_, number) =>
        stores[number % 3]?.commit([
          put(heads, 'hmart', 'head', { number }, { expect: expected }),
          put(heads, 'hmart', `${expected}/${number}`, { number }),
        ]),
      )
      const outcomes = await Promise.allSettled(tries)
      const refused = outcomes.filter((each) => each.status === 'rejected')
      expect(refused).toHaveLength(11)
      for (const { reason } of refused) expect(reason).toMatchObject({ code: storeFaults.conflict.code })
      expect(await stores[0]?.find(heads, 'hmart', { prefix: `${expected}/` })).toHaveLength(1)
    }
  })

  test('that change the same documents in contrary order all come through', async () => {
    const schema = `s${randomUUID()}`
    const stores = await Promise.all([open(schema), open(schema)])
    await stores[0].commit(['a', 'b'].map((id) => put(heads, 'hmart', id, { number: 0 })))
    const both = [
      ['a', 'b'],
      ['b', 'a'],
    ]
    const tries = Array.from({ length: 10 }, (_, i) =>
      stores[i % 2]?.commit((both[i % 2] ?? []).map((id) => put(heads, 'hmart', id, { number: i }))),
    )
    await Promise.all(tries)
    for (const id of ['a', 'b']) expect((await stores[0]?.get(heads, 'hmart', id))?.version).toBe(11)
  })

  test('refuse tables of a newer release, and leave them as they are', async () => {
    const schema = `s${randomUUID()}`
    await open(schema)
    const client = new pg.Client({ connectionString: server.url.reveal() })
    await client.connect()
    await client.query(`update "${schema}".schema_version set version = 99`)
    await expect(open(schema)).rejects.toMatchObject({ code: postgresFaults.newer.code })
    const { rows } = await client.query(`select version from "${schema}".schema_version`)
    expect(rows).toEqual([{ version: 99 }])
    await client.end()
  })

  test('refuse a database whose texts are not UTF-8', async () => {
    const client = new pg.Client({ connectionString: server.url.reveal() })
    await client.connect()
    await client.query(`create database latin encoding 'LATIN1' locale 'C' template template0`)
    await client.end()
    const url = server.url.reveal().replace('/postgres', '/latin')
    const opening = openPostgresStore({
      url: new Secret(url.replace('postgres://', 'postgresql://')),
      clock: { now: Date.now },
      log: collectingLog(),
    })
    await expect(opening).rejects.toMatchObject({ code: postgresFaults.unfit.code })
  })
})
