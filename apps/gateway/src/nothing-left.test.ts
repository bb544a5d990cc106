import { once } from 'node:events'
import type { RequestListener } from 'node:http'
import type { Socket } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import type { ListenerLimits } from './listener/listener.ts'
import { call, openPlace, type Place } from './test-kit/place.ts'
import { openRaw, readRaw } from './test-kit/raw.ts'

/**
 * What callers and backends do to a gateway, and that it leaves no connection, no request and no waiting call behind,
 * by count. The engines have the same tests for themselves, with more of everything, in `packages/http1/src/strict`.
 */
const MEGABYTES_8 = 8 * 1024 * 1024
const HEAD = 'POST /shop/v1/things HTTP/1.1\r\nHost: a\r\n'

/** Of peers who take their part nothing is asked in haste: how fast that is, is up to the machine. */
const patient = { keepAliveMillis: 200, lingerMillis: 50 }

/** For peers who let us wait. */
const hurried = {
  ...patient,
  headTimeoutMillis: 400,
  bodyWindowMillis: 300,
  minBodyBytesPerSecond: 1_000,
  stallTimeoutMillis: 250,
}

const places: Place[] = []
afterEach(async () => {
  for (const each of places.splice(0)) await each[Symbol.asyncDispose]()
})

async function open(listener?: RequestListener, limits: Partial<ListenerLimits> = patient): Promise<Place> {
  const place = await openPlace(listener, {
    listener: limits,
    forwarder: { keepAliveMillis: 100, maxKeepAliveMillis: 100 },
  })
  places.push(place)
  return place
}

async function expectNothingLeft({ front, backend }: Place): Promise<void> {
  await expect
    .poll(async () => ({
      ...pick(front.listener.counts()),
      ...front.forwarder.counts(),
      backend: await backend.connections(),
    }))
    .toEqual({
      ...{ connections: 0, addresses: 0, requests: 0 },
      ...{ open: 0, connecting: 0, idle: 0, waiting: 0 },
      backend: 0,
    })
}

const pick = ({
  connections,
  addresses,
  requests,
}: Record<'connections' | 'addresses' | 'requests', number>) => ({
  connections,
  addresses,
  requests,
})

async function isServed({ front }: Place): Promise<boolean> {
  return (await call(front, '/shop/v1/things')).status === 200
}

describe('nothing is left of', () => {
  test.each([
    ['a slow head', 'GET /shop/v1/things HTTP/1.1\r\nHost:'],
    ['a slow body by length', `${HEAD}Content-Length: 1000\r\n\r\nab`],
    ['a slow body in chunks', `${HEAD}Transfer-Encoding: chunked\r\n\r\nff\r\nab`],
    ['a connection that sends nothing', ''],
  ])('%s, and others are served meanwhile', async (_, bytes) => {
    const place = await open((request, response) => {
      request.on('error', () => undefined).resume()
      request.once('end', () => response.end('{}'))
    }, hurried)
    const sockets = await Promise.all(Array.from({ length: 20 }, () => openRaw(place.front.port)))
    for (const socket of sockets) socket.write(bytes, 'latin1')
    expect(await isServed(place)).toBe(true)
    const answers = await Promise.all(sockets.map((socket) => readRaw(socket, 20_000)))
    for (const answer of answers) expect(answer).toMatch(bytes === '' ? /^$/ : /^HTTP\/1\.1 408 /)
    await expectNothingLeft(place)
  })

  test('a flood of connections that end at once', async () => {
    const place = await open()
    for (let round = 0; round < 4; round++) {
      const sockets = await Promise.all(Array.from({ length: 100 }, () => openRaw(place.front.port)))
      for (const socket of sockets) socket.resetAndDestroy()
    }
    expect(await isServed(place)).toBe(true)
    await expectNothingLeft(place)
  })

  test('a reader who does not read', async () => {
    const place = await open((_, response) => void response.end(Buffer.alloc(MEGABYTES_8)), hurried)
    const socket = await openRaw(place.front.port)
    socket.pause()
    socket.on('error', () => undefined)
    socket.write('GET /shop/v1/things HTTP/1.1\r\nHost: a\r\n\r\n')
    await expect.poll(() => place.front.listener.counts().refused['slow-reader']).toBe(1)
    await expectNothingLeft(place)
    socket.destroy()
  })

  test.each([
    ['by length', { 'content-length': MEGABYTES_8 }],
    ['in chunks', {}],
  ])('8 MB each way %s', async (_, fields) => {
    const place = await open((request, response) => {
      if ('content-length' in fields) response.setHeader('content-length', MEGABYTES_8)
      request.pipe(response)
    })
    const body = Buffer.alloc(MEGABYTES_8, 'x')
    const answer = await call(
      place.front,
      '/shop/v1/things',
      { method: 'POST', headers: fields },
      async function* () {
        for (let at = 0; at < body.length; at += 65_536) yield body.subarray(at, at + 65_536)
      },
    )
    expect(answer.body.equals(body)).toBe(true)
    await expectNothingLeft(place)
  })

  test('a caller who leaves while he sends, and one who leaves while he reads', async () => {
    const place = await open((request, response) => {
      request.resume().on('error', () => undefined)
      if (request.method === 'GET') response.write(Buffer.alloc(200_000))
    })
    const leave = async (bytes: string, until: (socket: Socket) => Promise<unknown>): Promise<void> => {
      const socket = await openRaw(place.front.port)
      socket.on('error', () => undefined)
      socket.write(bytes, 'latin1')
      await until(socket)
      socket.resetAndDestroy()
    }
    const atBackend = () => expect.poll(() => place.backend.connections()).toBeGreaterThan(0)
    await leave(`${HEAD}Content-Length: 100000\r\n\r\n${'x'.repeat(20_000)}`, atBackend)
    await leave('GET /shop/v1/things HTTP/1.1\r\nHost: a\r\n\r\n', (socket) => once(socket, 'data'))
    await expectNothingLeft(place)
  })

  test.each([
    ['before its head', 0],
    ['in the middle of its body', 100_000],
  ])('a backend that dies %s', async (_, bytes) => {
    const place = await open((_, response) => {
      if (bytes > 0) response.writeHead(200, { 'content-length': bytes * 2 }).write(Buffer.alloc(bytes))
      setTimeout(() => response.socket?.resetAndDestroy(), 20)
    })
    const answers = await Promise.allSettled(
      Array.from({ length: 10 }, () => call(place.front, '/shop/v1/things', { method: 'POST' })),
    )
    for (const each of answers) {
      if (bytes === 0) expect(each).toMatchObject({ value: { status: 502 } })
      else expect(each.status).toBe('rejected')
    }
    await expectNothingLeft(place)
  })
})
