import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { atRest } from '../fixture/at-rest.ts'
import type { Response } from '../message.ts'
import { openServer, readBody, text } from './fixture/open-server.ts'

const HOST = 'Host: a\r\n'
const GET = `GET / HTTP/1.1\r\n${HOST}\r\n`
const statusOf = (raw: string): number => Number(raw.slice(9, 12))
const hello = (): Response => text('hello')

describe('a limit of size', () => {
  test.each([
    ['maxHeadBytes', 100, `GET / HTTP/1.1\r\n${HOST}X: ${'x'.repeat(100)}\r\n\r\n`, 431, 'head-too-large'],
    ['maxHeadBytes', 100, `GET / HTTP/1.1\r\n${HOST}X: ${'x'.repeat(100)}`, 431, 'head-too-large'],
    ['maxHeadBytes', 100, `GET /${'x'.repeat(9_000)}`, 414, 'target-too-long'],
    ['maxFields', 2, `GET / HTTP/1.1\r\n${HOST}X: 1\r\nX: 2\r\n\r\n`, 431, 'too-many-fields'],
    ['maxTargetBytes', 5, `GET /12345 HTTP/1.1\r\n${HOST}\r\n`, 414, 'target-too-long'],
    ['maxBodyBytes', 5, `POST / HTTP/1.1\r\n${HOST}Content-Length: 6\r\n\r\n`, 413, 'body-too-large'],
    [
      'maxBodyBytes',
      5,
      `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n6\r\nxx`,
      undefined,
      undefined,
    ],
    [
      'maxBodyBytes',
      5,
      `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n6\r\nxxxxxx`,
      413,
      'body-too-large',
    ],
    [
      'maxTrailerBytes',
      5,
      `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n0\r\nX: yyyyyy`,
      400,
      'bad-chunk',
    ],
  ])('%s of %i refuses %j', async (name, limit, request, status, reason) => {
    await using place = await openServer(async (r) => text(await readBody(r)), { limits: { [name]: limit } })
    if (status === undefined) {
      const client = (await place.connect()).send(request)
      await sleep(30)
      expect(client.received).toBe('')
      return
    }
    const raw = await place.exchange(request)
    expect(statusOf(raw)).toBe(status)
    expect(place.refused.map((each) => each.bad.reason)).toEqual([reason])
  })

  test('lets pass what just fits', async () => {
    const request = `POST /123 HTTP/1.1\r\n${HOST}Content-Length: 5\r\n\r\nhello`
    const limits = { maxHeadBytes: request.length - 5, maxFields: 2, maxTargetBytes: 4, maxBodyBytes: 5 }
    await using place = await openServer(hello, { limits })
    const client = (await place.connect()).send(request)
    expect(statusOf(await client.until('hello'))).toBe(200)
  })

  test('stops a body that grows above it while it is read, and what was under way', async () => {
    const aborted = Promise.withResolvers<string>()
    await using place = await openServer(
      async (request) => {
        request.signal.addEventListener('abort', () => aborted.resolve('aborted'))
        return text(await readBody(request))
      },
      { limits: { maxBodyBytes: 5 } },
    )
    const client = (await place.connect()).send(
      `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n`,
    )
    await sleep(20)
    expect(statusOf(await client.send('3\r\ndef\r\n').end())).toBe(413)
    expect(await aborted.promise).toBe('aborted')
    await expect.poll(() => place.server.counts()).toMatchObject({ connections: 0, requests: 0 })
  })
})

describe('a limit of time', () => {
  test('refuses a head that is not complete in time, also when it keeps coming', async () => {
    await using place = await openServer(hello, { limits: { headTimeoutMillis: 150 } })
    const client = await place.connect()
    client.send('GET / HTTP/1.1\r\n')
    const dripping = setInterval(() => client.send('X: 1\r\n'), 20)
    const raw = await client.end()
    clearInterval(dripping)
    expect(statusOf(raw)).toBe(408)
    expect(place.refused).toEqual([{ bad: { status: 408, reason: 'slow-head' }, method: 'GET' }])
  })

  test('closes a connection on which nothing comes, without a word', async () => {
    await using place = await openServer(hello, { limits: { headTimeoutMillis: 100 } })
    expect(await (await place.connect()).end()).toBe('')
    expect(place.refused).toEqual([])
  })

  test('closes a connection that rests too long between requests, and not before', async () => {
    await using place = await openServer(hello, { limits: { keepAliveMillis: 200 } })
    const client = (await place.connect()).send(GET)
    await client.until('hello')
    const began = performance.now()
    await sleep(120)
    expect(client.isOver).toBe(false)
    await client.end()
    expect(performance.now() - began).toBeGreaterThan(195)
  })

  test('refuses a body below the least rate', async () => {
    const limits = { minBodyBytesPerSecond: 100, bodyWindowMillis: 100 }
    await using place = await openServer(async (request) => text(await readBody(request)), { limits })
    const client = (await place.connect()).send(`POST / HTTP/1.1\r\n${HOST}Content-Length: 100\r\n\r\n`)
    const dripping = setInterval(() => client.send('x'), 30)
    expect(statusOf(await client.end())).toBe(408)
    clearInterval(dripping)
    expect(place.refused[0]?.bad.reason).toBe('slow-body')
  })

  test('does not hold it against the sender when nobody asks for the body, or for a while', async () => {
    const limits = { minBodyBytesPerSecond: 1_000, bodyWindowMillis: 50 }
    await using place = await openServer(
      async (request) => {
        await sleep(300)
        return text(String((await readBody(request)).length))
      },
      { limits },
    )
    const head = `POST / HTTP/1.1\r\n${HOST}Content-Length: 300000\r\nConnection: close\r\n`
    const paused = (await place.connect()).send(`${head}\r\n${'x'.repeat(300_000)}`)
    const awaited = (await place.connect()).send(`${head}Expect: 100-continue\r\n\r\n`)
    await awaited.until('100 Continue')
    awaited.send('x'.repeat(300_000))
    expect(await paused.end()).toContain('300000')
    expect(await awaited.end()).toContain('300000')
  })

  test('refuses a body that takes too long in all', async () => {
    const limits = { requestTimeoutMillis: 150, minBodyBytesPerSecond: 0 }
    await using place = await openServer(async (request) => text(await readBody(request)), { limits })
    const client = (await place.connect()).send(`POST / HTTP/1.1\r\n${HOST}Content-Length: 100\r\n\r\n`)
    const dripping = setInterval(() => client.send('x'), 20)
    expect(statusOf(await client.end())).toBe(408)
    clearInterval(dripping)
  })

  async function* many(): AsyncGenerator<Uint8Array> {
    for (let i = 0; i < 1_000; i++) yield new Uint8Array(50_000)
  }

  test.each([
    ['in one piece', () => new Uint8Array(50_000_000)],
    ['that streams', many],
  ])('cuts off who does not take a reply %s', async (_, bodyOf) => {
    await using place = await openServer(() => ({ status: 200, fields: [], body: bodyOf() }), {
      limits: { stallTimeoutMillis: 150 },
    })
    const client = (await place.connect()).send(GET)
    client.socket.pause()
    await expect
      .poll(() => place.server.counts())
      .toMatchObject({ connections: 0, requests: 0, refused: { 'slow-reader': 1 } })
  })

  test('lets those pass who take little at a time, but go on', async () => {
    await using place = await openServer(() => ({ status: 200, fields: [], body: many() }), {
      limits: { stallTimeoutMillis: 300 },
    })
    const client = (await place.connect()).send(GET.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'))
    const breathing = setInterval(() => {
      client.socket.pause()
      setTimeout(() => client.socket.resume(), 100)
    }, 150)
    expect((await client.end(20_000)).length).toBeGreaterThan(50_000_000)
    clearInterval(breathing)
  })
})

describe('a limit of number', () => {
  test('closes what is above all connections', async () => {
    await using place = await openServer(hello, { limits: { maxConnections: 2 } })
    const clients = [await place.connect(), await place.connect(), await place.connect()]
    expect(await clients[2]?.end()).toBe('')
    expect(place.server.counts()).toMatchObject({ connections: 2, refused: { 'connection-limit': 1 } })
    clients[0]?.close()
    await expect.poll(() => place.server.counts().connections).toBe(1)
    const another = (await place.connect()).send(GET)
    await another.until('hello')
  })

  test('closes what is above the connections of an address', async () => {
    await using place = await openServer(hello, { limits: { maxConnectionsPerAddress: 1 } })
    const first = await place.connect()
    const second = await place.connect()
    expect(await second.end()).toBe('')
    expect(place.server.counts()).toMatchObject({ addresses: 1, refused: { 'connection-limit': 1 } })
    first.close()
    await expect.poll(() => place.server.counts()).toMatchObject({ addresses: 0, connections: 0 })
    await (await place.connect()).send(GET).until('hello')
  })

  test.each<[string, boolean, () => Response | Promise<Response>]>([
    ['requests wait for their turn', false, () => new Promise(() => undefined)],
    ['replies are not taken', true, () => ({ status: 200, fields: [], body: new Uint8Array(100_000) })],
  ])('pauses reading while %s', async (_, isPaused, handle) => {
    await using place = await openServer(handle)
    const client = await place.connect()
    if (isPaused) client.socket.pause()
    const flood = Buffer.from(GET.repeat(20_000))
    let taken = 0
    const give = (): void => {
      taken += flood.length
      if (taken < 30_000_000) client.socket.write(flood, give)
    }
    give()
    await expect
      .poll(
        atRest(() => taken),
        { interval: 200 },
      )
      .toBe(true)
    expect(taken).toBeLessThan(15_000_000)
  })
})
