import { randomUUID } from 'node:crypto'
import { Secret } from '@portcullis/kernel/secret'
import type { Collection } from '@portcullis/model/collection'
import { collectingLog } from '@portcullis/ports/log/memory'
import { put, type Store, storeFaults } from '@portcullis/ports/store/port'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { type Cut, openCut } from './fixture/cut.ts'
import { type PostgresServer, postgresIsMissing, startPostgres } from './fixture/postgres-server.ts'
import { openPostgresStore } from './store.ts'

const notes: Collection<{ readonly number: number }> = {
  name: 'note',
  index: ({ number }) => ({ number: String(number) }),
}

describe.skipIf(postgresIsMissing)('a store whose server', () => {
  let server: PostgresServer
  let cut: Cut
  beforeAll(async () => {
    server = await startPostgres({ isDurable: true })
    cut = await openCut(Number(new URL(server.url.reveal()).port))
  })
  afterAll(async () => {
    await cut.close()
    await server.remove()
  })

  const ways = (schema: string) => ({
    schema,
    timeoutMillis: 3000,
    clock: { now: Date.now },
    log: collectingLog(),
  })

  async function open(schema = `s${randomUUID()}`): Promise<Store> {
    const url = new URL(server.url.reveal())
    url.port = String(cut.port)
    const store = await openPostgresStore({ ...ways(schema), url: new Secret(url.href) })
    onTestFinished(() => store.close())
    return store
  }

  test('is lost before it reads a commit has made none of it', async () => {
    const store = await open()
    cut.next = 'before'
    const commit = store.commit([put(notes, 'hmart', 'one', { number: 1 })])
    await expect(commit).rejects.toMatchObject({ code: storeFaults.unavailable.code })
    expect(await store.get(notes, 'hmart', 'one')).toBeUndefined()
  })

  test('is lost before its answer arrives has made all of it, and that is found out', async () => {
    const store = await open()
    cut.next = 'after'
    await store.commit([put(notes, 'hmart', 'one', { number: 1 }, { expect: 'absent' })])
    expect(await store.get(notes, 'hmart', 'one')).toMatchObject({ version: 1, value: { number: 1 } })
  })

  test('crashes has not made a commit that it never read, though another has its number since', async () => {
    const schema = `s${randomUUID()}`
    const [store, other] = [await open(schema), await openPostgresStore({ ...ways(schema), url: server.url })]
    onTestFinished(() => other.close())
    cut.next = 'before'
    cut.isShut = true
    const commit = store.commit([put(notes, 'hmart', 'one', { number: 1 })])
    const refused = expect(commit).rejects.toMatchObject({ code: storeFaults.unavailable.code })
    await expect.poll(() => cut.next).toBeUndefined()
    await server.stop('immediate')
    await server.start()
    for (let number = 1; number <= 20; number++)
      await other.commit([put(notes, 'hmart', `other/${number}`, { number })])
    cut.isShut = false
    await refused
    expect(await store.get(notes, 'hmart', 'one')).toBeUndefined()
  })

  test('crashes under commits keeps every one that was acknowledged, and none by half', async () => {
    const schema = `s${randomUUID()}`
    const store = await open(schema)
    const acknowledged = [0, 0, 0, 0]
    let isRunning = true
    const writers = acknowledged.map(async (_, writer) => {
      while (isRunning) {
        const number = (acknowledged[writer] ?? 0) + 1
        const parts = ['a', 'b', 'c'].map((part) => put(notes, `w${writer}`, `${number}/${part}`, { number }))
        try {
          await store.commit(parts)
          acknowledged[writer] = number
        } catch (thrown) {
          expect(thrown).toMatchObject({ code: storeFaults.unavailable.code })
        }
      }
    })
    await expect.poll(() => Math.min(...acknowledged)).toBeGreaterThan(3)
    await server.stop('immediate')
    await server.start()
    const before = [...acknowledged]
    await expect.poll(() => acknowledged.every((now, i) => now > (before[i] ?? 0))).toBe(true)
    isRunning = false
    await Promise.all(writers)
    for (const [writer, last] of acknowledged.entries()) {
      for (let number = 1; number <= last + 1; number++) {
        const where = { attribute: 'number', equals: String(number) }
        const found = await store.find(notes, `w${writer}`, { where })
        if (number <= last) expect(found).toHaveLength(3)
        else expect([0, 3]).toContain(found.length)
      }
    }
  })

  test('is away rejects, and is asked again when it is back', async () => {
    const store = await open()
    await server.stop()
    await expect(store.get(notes, 'hmart', 'one')).rejects.toMatchObject({
      code: storeFaults.unavailable.code,
    })
    await server.start()
    expect(await store.get(notes, 'hmart', 'one')).toBeUndefined()
  })
})
