import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { createServer, type Socket } from 'node:net'
import { atRest } from '@portcullis/http1/fixture/at-rest'
import { describe, expect, test } from 'vitest'
import { openBackend } from '../test-kit/backend.ts'
import { openFront, shopRevision } from '../test-kit/front.ts'
import { call, openPlace } from '../test-kit/place.ts'
import { exchangeRaw, openRaw } from '../test-kit/raw.ts'

function roomIn(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const settle = (): void => {
      response.off('drain', settle).off('close', settle)
      resolve()
    }
    response.on('drain', settle).on('close', settle)
  })
}

describe('a forwarded call that does not end as it should', () => {
  test('gives up the backend’s work when the caller goes away', async () => {
    let left: (() => void) | undefined
    const gone = new Promise<void>((resolve) => {
      left = resolve
    })
    const reached = Promise.withResolvers<void>()
    await using place = await openPlace((_, response) => {
      response.on('close', () => left?.())
      reached.resolve()
    })
    const caller = new AbortController()
    const outcome = fetch(`${place.front.url}/shop/v1/things`, { signal: caller.signal }).catch(
      () => 'aborted',
    )
    await reached.promise
    caller.abort()
    expect(await outcome).toBe('aborted')
    await gone
    await expect.poll(() => place.front.decisions).toHaveLength(1)
    expect(place.front.decisions[0]).toMatchObject({
      outcome: 'failed',
      code: 'gateway.caller-gone',
      status: 499,
    })
  })

  test('gives up the backend’s stream when the caller goes away in the middle of it', async () => {
    const gone = Promise.withResolvers<void>()
    await using place = await openPlace((_, response) => {
      response.on('close', gone.resolve)
      response.write('first')
    })
    const caller = new AbortController()
    const response = await fetch(`${place.front.url}/shop/v1/things`, { signal: caller.signal })
    expect(response.status).toBe(200)
    caller.abort()
    await gone.promise
  })

  test('gives up the upload to the backend when the caller goes away in the middle of it', async () => {
    const gone = Promise.withResolvers<void>()
    let received = ''
    await using place = await openPlace((message) => {
      message.on('error', () => gone.resolve())
      message.on('data', (bytes) => {
        received += bytes
      })
    })
    const socket = await openRaw(place.front.port)
    socket.write('POST /shop/v1/things HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nabc')
    await expect.poll(() => received).toBe('abc')
    socket.destroy()
    await gone.promise
  })

  test('cuts the caller off when the backend breaks off, so that half a reply never looks whole', async () => {
    await using place = await openPlace((_, response) => {
      response.write('half')
      setTimeout(() => response.destroy(), 30)
    })
    const raw = await exchangeRaw(place.front.port, 'GET /shop/v1/things HTTP/1.1\r\nHost: a\r\n\r\n')
    expect(raw).toContain('half')
    expect(raw).not.toMatch(/\r\n0\r\n\r\n$/)
    await expect(call(place.front, '/shop/v1/things')).rejects.toThrow()
  })

  test('stops reading from the backend while the caller does not read', async () => {
    let sentBytes = 0
    await using place = await openPlace(async (_, response) => {
      const piece = Buffer.alloc(65_536)
      for (let i = 0; i < 2_000 && !response.destroyed; i++) {
        sentBytes += piece.length
        if (!response.write(piece)) await roomIn(response)
      }
    })
    const socket = await openRaw(place.front.port)
    socket.pause()
    socket.write('GET /shop/v1/things HTTP/1.1\r\nHost: a\r\n\r\n')
    await expect
      .poll(
        atRest(() => sentBytes),
        { interval: 200 },
      )
      .toBe(true)
    expect(sentBytes).toBeLessThan(40 * 1024 * 1024)
    socket.destroy()
  })

  test('stops reading from the caller while the backend does not read', async () => {
    await using place = await openPlace((message) => {
      message.pause()
    })
    const socket = await openRaw(place.front.port)
    socket.on('error', () => undefined)
    socket.write('POST /shop/v1/things HTTP/1.1\r\nHost: a\r\nContent-Length: 200000000\r\n\r\n')
    const piece = Buffer.alloc(65_536)
    let taken = 0
    const pump = setInterval(() => {
      while (taken < 199_000_000 && socket.write(piece)) taken += piece.length
    }, 5)
    await expect
      .poll(
        atRest(() => taken),
        { interval: 200 },
      )
      .toBe(true)
    clearInterval(pump)
    expect(taken).toBeLessThan(40_000_000)
    socket.destroy()
  })

  test('answers 502 when nobody listens at the backend', async () => {
    const backend = await openBackend()
    const front = await openFront([shopRevision(backend.url)])
    await backend.close()
    const answer = await call(front, '/shop/v1/things')
    expect(answer.status).toBe(502)
    expect(JSON.parse(answer.body.toString())).toMatchObject({ code: 'gateway.upstream-unreachable' })
    expect(answer.body.toString()).not.toContain('127.0.0.1')
    await front[Symbol.asyncDispose]()
  })

  test('answers 504 when the backend gives no head in time', async () => {
    await using place = await openPlace(() => undefined, { forwarder: { headTimeoutMillis: 100 } })
    const answer = await call(place.front, '/shop/v1/things')
    expect(answer.status).toBe(504)
    expect(place.front.decisions[0]).toMatchObject({ outcome: 'failed', code: 'gateway.upstream-timeout' })
    expect(place.front.decisions[0]?.upstream?.micros).toBeGreaterThan(90_000)
  })

  test('cuts off a reply whose body rests too long', async () => {
    await using place = await openPlace((_, response) => void response.write('first'), {
      forwarder: { bodyIdleTimeoutMillis: 100 },
    })
    await expect(call(place.front, '/shop/v1/things')).rejects.toThrow()
  })

  test.each([
    ['no HTTP', 'hello\r\n\r\n'],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc'],
    [
      'a length beside a coding',
      'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['a broken field', 'HTTP/1.1 200 OK\r\nX : y\r\n\r\n'],
  ])('answers 502 to a backend whose answer is wrong: %s', async (_, text) => {
    const sockets: Socket[] = []
    const server = createServer((socket) => {
      sockets.push(socket)
      socket.on('error', () => undefined)
      socket.once('data', () => socket.end(text))
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as { port: number }
    const front = await openFront([shopRevision(`http://127.0.0.1:${port}`)])
    const answer = await call(front, '/shop/v1/things')
    expect(answer.status).toBe(502)
    expect(JSON.parse(answer.body.toString()).code).toMatch(/^gateway\.upstream-/)
    await front[Symbol.asyncDispose]()
    for (const socket of sockets) socket.destroy()
    server.close()
  })

  test('uses a connection to the backend again', async () => {
    await using place = await openPlace()
    for (let i = 0; i < 5; i++) await call(place.front, '/shop/v1/things')
    expect(await place.backend.connections()).toBe(1)
  })

  test('sends nothing to the backend for a caller who left while waiting for a connection', async () => {
    const urls: (string | undefined)[] = []
    const held = Promise.withResolvers<void>()
    await using place = await openPlace(
      (message, response) => {
        urls.push(message.url)
        held.promise.then(() => response.end('{}'))
      },
      { forwarder: { maxConnectionsPerOrigin: 1 } },
    )
    const waiting = () => place.front.forwarder.counts().waiting
    const first = call(place.front, '/shop/v1/things/1')
    await expect.poll(() => urls).toHaveLength(1)
    const caller = new AbortController()
    const second = fetch(`${place.front.url}/shop/v1/things/2`, { signal: caller.signal }).catch(
      () => 'aborted',
    )
    await expect.poll(waiting).toBe(1)
    caller.abort()
    expect(await second).toBe('aborted')
    await expect.poll(waiting).toBe(0)
    held.resolve()
    expect((await first).status).toBe(200)
    expect((await call(place.front, '/shop/v1/things/3')).status).toBe(200)
    expect(urls).toEqual(['/base/things/1', '/base/things/3'])
  })
})
