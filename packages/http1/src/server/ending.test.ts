import { setTimeout as sleep } from 'node:timers/promises'
import type { Signal } from '@portcullis/kernel/signal'
import { describe, expect, test } from 'vitest'
import type { Response, ServerRequest } from '../message.ts'
import { openServer, readBody, text } from './fixture/open-server.ts'

const HOST = 'Host: a\r\n'
const GET = `GET / HTTP/1.1\r\n${HOST}\r\n`
const NOTHING = { connections: 0, addresses: 0, requests: 0 }
const statuses = (raw: string): number[] =>
  [...raw.matchAll(/HTTP\/1\.1 (\d{3})/g)].map((each) => Number(each[1]))

describe('a caller who leaves', () => {
  test.each<[string, string, (request: ServerRequest) => Promise<Response>]>([
    ['while the answer is thought about', GET, () => new Promise(() => undefined)],
    ['in the middle of a head', 'GET / HT', async () => text('')],
    [
      'in the middle of a body that is read',
      `POST / HTTP/1.1\r\n${HOST}Content-Length: 9\r\n\r\nabc`,
      async (request) => text(await readBody(request)),
    ],
    [
      'in the middle of a body that nobody reads',
      `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n5\r\nabc`,
      () => new Promise(() => undefined),
    ],
    ['in the middle of an answer', GET, async () => ({ status: 200, fields: [], body: endless() })],
    ['with requests that were not looked at', GET.repeat(50), () => new Promise(() => undefined)],
  ])('leaves nothing behind: %s', async (_, sent, handle) => {
    const signals: Signal[] = []
    await using place = await openServer((request) => {
      signals.push(request.signal)
      return handle(request)
    })
    for (const leave of ['end', 'destroy', 'resetAndDestroy'] as const) {
      const client = (await place.connect()).send(sent)
      await sleep(30)
      client.socket[leave]()
      await expect.poll(() => place.server.counts()).toMatchObject(NOTHING)
    }
    expect(signals.filter((each) => !each.aborted)).toEqual([])
    expect(place.cut).toEqual([])
  })

  test('fails the body that was read, and gives up the answer that was made', async () => {
    const failed = Promise.withResolvers<unknown>()
    const returned = Promise.withResolvers<void>()
    async function* answer(): AsyncGenerator<Uint8Array> {
      try {
        yield* endless()
      } finally {
        returned.resolve()
      }
    }
    await using place = await openServer((request) => {
      readBody(request).catch(failed.resolve)
      return { status: 200, fields: [], body: answer() }
    })
    const client = (await place.connect()).send(`POST / HTTP/1.1\r\n${HOST}Content-Length: 9\r\n\r\nabc`)
    await client.until('200')
    client.close()
    expect(await failed.promise).toMatchObject({ reason: 'caller-gone' })
    await returned.promise
  })

  test('finds the answer to requests that were complete before he half closed', async () => {
    await using place = await openServer(() => text('x'))
    const client = await place.connect()
    client.socket.end(GET + GET)
    expect(statuses(await client.end())).toEqual([200, 200])
    await expect.poll(() => place.server.counts()).toMatchObject(NOTHING)
  })
})

describe('a handler that breaks its promise', () => {
  test.each<[string, () => Response | Promise<Response>]>([
    [
      'throws',
      () => {
        throw new Error('x')
      },
    ],
    ['rejects', () => Promise.reject(new Error('x'))],
  ])('costs its connection and nothing else: %s', async (_, handle) => {
    await using place = await openServer(handle)
    expect(await place.exchange(GET)).toBe('')
    expect(place.failures).toHaveLength(1)
    expect(place.server.counts()).toMatchObject(NOTHING)
  })

  test('costs its connection also when it is to refuse', async () => {
    const refuse = (): never => {
      throw new Error('x')
    }
    await using place = await openServer(() => text(''), { refuse })
    expect(await place.exchange('x\r\n\r\n')).toBe('')
    expect(place.failures).toHaveLength(1)
    expect(place.server.counts()).toMatchObject(NOTHING)
  })
})

describe('an answer before the end of the body', () => {
  const refuse = (): Response => ({ status: 403, fields: [], body: Buffer.from('no') })

  test('keeps the connection when little is left, and passes over the rest', async () => {
    await using place = await openServer(refuse)
    const client = (await place.connect()).send(`POST / HTTP/1.1\r\n${HOST}Content-Length: 1000\r\n\r\nabc`)
    await client.until('403')
    client.send('x'.repeat(997) + GET)
    await expect.poll(() => statuses(client.received)).toEqual([403, 403])
    expect(client.received).not.toContain('close')
  })

  test('closes when the rest does not come', async () => {
    await using place = await openServer(refuse, { limits: { lingerMillis: 50 } })
    const raw = await place.exchange(`POST / HTTP/1.1\r\n${HOST}Content-Length: 1000\r\n\r\nabc`)
    expect(statuses(raw)).toEqual([403])
    await expect.poll(() => place.server.counts()).toMatchObject(NOTHING)
  })

  test('is read by a sender of much, who is listened to for a while', async () => {
    await using place = await openServer(refuse)
    const client = await place.connect()
    client.send(`POST / HTTP/1.1\r\n${HOST}Content-Length: 8000000\r\n\r\n`).send(Buffer.alloc(4_000_000))
    await client.until('no')
    const sent = Promise.withResolvers<unknown>()
    client.socket.write(Buffer.alloc(4_000_000), sent.resolve)
    expect((await sent.promise) ?? undefined).toBeUndefined()
    expect(statuses(await client.end())).toEqual([403])
  })

  test('is cut short for a sender who goes on without end', async () => {
    await using place = await openServer(refuse, { limits: { maxLingerBytes: 1_000_000 } })
    const client = await place.connect()
    client.send(`POST / HTTP/1.1\r\n${HOST}Content-Length: 900000000\r\n\r\n`)
    await client.until('no')
    for (let i = 0; i < 100; i++) client.send(Buffer.alloc(1_000_000))
    await expect.poll(() => place.server.counts()).toMatchObject(NOTHING)
  })

  test('is cut short for a sender who neither sends nor leaves', async () => {
    await using place = await openServer(refuse, { limits: { lingerMillis: 60 } })
    const client = (await place.connect()).send(`POST / HTTP/1.1\r\n${HOST}Content-Length: 900000000\r\n\r\n`)
    await client.until('no')
    await expect.poll(() => place.server.counts()).toMatchObject(NOTHING)
  })
})

describe('closing', () => {
  test('ends idle connections at once and busy ones with their answer, which says so', async () => {
    const gate = Promise.withResolvers<void>()
    await using place = await openServer(async (request) => {
      if (request.target === '/slow') await gate.promise
      return text('done')
    })
    const idle = (await place.connect()).send(GET)
    const fresh = await place.connect()
    const busy = (await place.connect()).send(GET.replace('/ ', '/slow '))
    await idle.until('done')
    await expect.poll(() => place.server.counts()).toMatchObject({ connections: 3, requests: 1 })
    const closed = place.server.close(5_000)
    await Promise.all([idle.end(200), fresh.end(200)])
    expect(busy.isOver).toBe(false)
    gate.resolve()
    expect(await busy.end()).toMatch(/Connection: close[\s\S]*done$/)
    await closed
    expect(place.server.counts()).toMatchObject(NOTHING)
    await expect(place.connect()).rejects.toThrow('ECONNREFUSED')
  })

  test('cuts off what does not end in time, also who does not take his answer', async () => {
    await using place = await openServer((request) =>
      request.target === '/' ? new Promise(() => undefined) : { status: 200, fields: [], body: endless() },
    )
    const waiting = (await place.connect()).send(GET)
    const lazy = (await place.connect()).send(GET.replace('/ ', '/endless '))
    lazy.socket.pause()
    await expect.poll(() => place.server.counts().requests).toBe(2)
    // Otherwise this does not end.
    await place.server.close(100)
    expect(await waiting.end()).toBe('')
    expect(place.server.counts()).toMatchObject(NOTHING)
  })
})

async function* endless(): AsyncGenerator<Uint8Array> {
  for (;;) {
    await sleep(1)
    yield Buffer.alloc(10_000)
  }
}
