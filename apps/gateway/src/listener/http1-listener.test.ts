import { request } from 'node:http'
import { collectingLog } from '@portcullis/ports/log/memory'
import { describe, expect, test } from 'vitest'
import { openBackend, readAll, valuesOf } from '../test-kit/backend.ts'
import { openFront, shopRevision } from '../test-kit/front.ts'
import { attach } from '../test-kit/policy.ts'
import { exchangeRaw, openRaw, readRaw } from '../test-kit/raw.ts'
import { openHttp1Listener } from './http1-listener.ts'
import { listenerLimits } from './listener.ts'

const statusOf = (raw: string): number => Number(raw.slice(9, 12))

async function opened(listener = {}) {
  const backend = await openBackend()
  const front = await openFront([shopRevision(backend.url)], { listener })
  return {
    backend,
    front,
    async [Symbol.asyncDispose]() {
      await front[Symbol.asyncDispose]()
      await backend.close()
    },
  }
}

describe('the listener', () => {
  test.each([
    ['two Host fields', 'GET /shop/v1/things HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n', 400],
    ['no Host field', 'GET /shop/v1/things HTTP/1.1\r\nConnection: close\r\n\r\n', 400],
    ['a Host that is no host', 'GET /shop/v1/things HTTP/1.1\r\nHost: a/b\r\n\r\n', 400],
    ['a Host with user information', 'GET /shop/v1/things HTTP/1.1\r\nHost: a@b\r\n\r\n', 400],
    ['a target in asterisk form', 'OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n', 400],
    ['a fragment in the target', 'GET /shop/v1/things#x HTTP/1.1\r\nHost: a\r\n\r\n', 400],
    ['a space before the colon', 'GET /shop/v1/things HTTP/1.1\r\nHost : a\r\n\r\n', 400],
    ['a folded field', 'GET /shop/v1/things HTTP/1.1\r\nHost: a\r\nX: 1\r\n 2\r\n\r\n', 400],
    ['a bare line feed', 'GET /shop/v1/things HTTP/1.1\nHost: a\n\n', 400],
    [
      'two Content-Length fields',
      'POST /shop/v1/things HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx',
      400,
    ],
    [
      'Content-Length beside Transfer-Encoding',
      'POST /shop/v1/things HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      400,
    ],
    [
      'a transfer coding that is not chunked',
      'POST /shop/v1/things HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n',
      400,
    ],
    [
      'a transfer coding in HTTP/1.0',
      'POST /shop/v1/things HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      400,
    ],
    ['CONNECT', 'CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n', 501],
    ['TRACE', 'TRACE /shop/v1/things HTTP/1.1\r\nHost: a\r\n\r\n', 501],
    ['a method that contracts do not have', 'PROPFIND /shop/v1/things HTTP/1.1\r\nHost: a\r\n\r\n', 501],
    [
      'an upgrade to what nobody knows',
      'GET /shop/v1/things HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n',
      501,
    ],
    [
      'an upgrade to websocket that is no handshake',
      'GET /shop/v1/things HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n',
      400,
    ],
    [
      'a WebSocket of a version that nobody speaks',
      'GET /shop/v1/things HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 8\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
      426,
    ],
    ['an unknown expectation', 'GET /shop/v1/things HTTP/1.1\r\nHost: a\r\nExpect: 200-ok\r\n\r\n', 417],
    [
      'more than a hundred fields',
      `GET /shop/v1/things HTTP/1.1\r\nHost: a\r\n${'X: 1\r\n'.repeat(100)}\r\n`,
      431,
    ],
    [
      'a head above 16 KB',
      `GET /shop/v1/things HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(17_000)}\r\n\r\n`,
      431,
    ],
  ])('refuses %s with a problem that names a decision', async (_, text, status) => {
    await using place = await opened()
    const raw = await exchangeRaw(place.front.port, text)
    expect(statusOf(raw)).toBe(status)
    expect(raw).toContain('application/problem+json')
    expect(raw).toMatch(/portcullis-decision: dec_[0-9a-z]{26}/i)
    expect(raw.toLowerCase()).toContain('connection: close')
    expect(place.backend.seen).toEqual([])
    expect(place.front.decisions).toHaveLength(1)
    expect(place.front.decisions[0]).toMatchObject({
      organization: 'system',
      status,
      outcome: expect.any(String),
    })
  })

  test('refuses the pipelined request after one that it refused, by closing', async () => {
    await using place = await opened()
    const text =
      'GET /shop/v1/things HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\nGET /shop/v1/things HTTP/1.1\r\nHost: a\r\n\r\n'
    const raw = await exchangeRaw(place.front.port, text)
    expect(raw.match(/HTTP\/1\.1 \d/g)).toHaveLength(1)
    expect(place.front.decisions).toHaveLength(1)
    expect(place.backend.seen).toEqual([])
  })

  const chunked = 'POST /shop/v1/things HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n'

  test('answers a body that breaks the rules of chunks with 400, and gives up what was under way', async () => {
    const gone = Promise.withResolvers<void>()
    let received = ''
    const backend = await openBackend((message) => {
      message.on('error', () => gone.resolve())
      message.on('data', (bytes) => {
        received += bytes
      })
    })
    const front = await openFront([shopRevision(backend.url)])
    const socket = await openRaw(front.port)
    socket.write(`${chunked}5\r\nhello\r\n`)
    await expect.poll(() => received).toBe('hello')
    socket.write('ZZ\r\n')
    const raw = await readRaw(socket, 1_500)
    expect(raw.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 400'])
    await expect.poll(() => front.decisions.map((each) => each.code)).toContain('gateway.caller-gone')
    await gone.promise
    await front.close(0)
    await backend.close()
  })

  test('begins nothing for a body that is wrong already when its head is read', async () => {
    await using place = await opened()
    const raw = await exchangeRaw(place.front.port, `${chunked}5\r\nhello\r\nZZ\r\n`)
    expect(raw.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 400'])
    expect(place.front.decisions.map((each) => each.code)).toEqual(['gateway.malformed-request'])
  })

  test('never answers one request with the fault of the next', async () => {
    const backend = await openBackend((_, response) => void setTimeout(() => response.end('{}'), 100))
    const front = await openFront([shopRevision(backend.url)])
    const raw = await exchangeRaw(
      front.port,
      'GET /shop/v1/things HTTP/1.1\r\nHost: a\r\n\r\nno request at all\r\n\r\n',
    )
    expect(raw.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 400'])
    await front.close(0)
    await backend.close()
  })

  test('outlives a door that fails', async () => {
    const log = collectingLog()
    const fail = (): never => {
      throw new Error('x')
    }
    const address = { host: '127.0.0.1', port: 0 }
    const listener = await openHttp1Listener(address, { handle: fail, refuse: fail }, log, listenerLimits)
    for (let i = 0; i < 2; i++) await expect(fetch(`http://127.0.0.1:${listener.port}/`)).rejects.toThrow()
    expect(log.lines.map((line) => line.level)).toEqual(['error', 'error'])
    await listener.close(0)
  })

  test('takes the absolute form, whose authority counts and not the Host field (RFC 9112 §3.2.2)', async () => {
    await using place = await opened()
    const text =
      'GET http://real.example/shop/v1/things?a HTTP/1.1\r\nHost: other.example\r\nConnection: close\r\n\r\n'
    expect(statusOf(await exchangeRaw(place.front.port, text))).toBe(200)
    const [seen] = place.backend.seen
    expect(seen?.url).toBe('/things?a')
    expect(valuesOf(seen?.rawHeaders ?? [], 'x-forwarded-host')).toEqual(['real.example'])
  })

  test('leaves the offer of HTTP/2 over clear text aside and answers the request (RFC 9110 §7.8)', async () => {
    await using place = await opened()
    const upgrade =
      'Connection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n'
    const text = `GET /shop/v1/things HTTP/1.1\r\nHost: a\r\n${upgrade}\r\n`
    expect(statusOf(await exchangeRaw(place.front.port, text))).toBe(200)
    const names = place.backend.seen[0]?.rawHeaders.map((each) => each.toLowerCase())
    expect(names).not.toContain('upgrade')
    expect(names).not.toContain('http2-settings')
  })

  test('gives up a head that takes too long with 408', async () => {
    await using place = await opened({ headTimeoutMillis: 100, requestTimeoutMillis: 200 })
    const raw = await exchangeRaw(place.front.port, 'GET /shop/v1/things HTTP/1.1\r\nHost: a\r\n', 4_000)
    expect(statusOf(raw)).toBe(408)
    expect(raw).toContain('gateway.request-timeout')
  })

  test('asks for the body only when somebody wants it (RFC 9110 §10.1.1)', async () => {
    await using place = await opened()
    const head =
      'POST /shop/v1/things HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n'
    const socket = await openRaw(place.front.port)
    socket.write(head)
    socket.once('data', () => socket.write('hello'))
    const raw = await readRaw(socket, 1_500)
    expect(raw.startsWith('HTTP/1.1 200') || raw.startsWith('HTTP/1.1 100')).toBe(true)
    expect(place.backend.seen[0]?.body.toString()).toBe('hello')

    place.front.pipeline.swap([
      shopRevision(place.backend.url, { policies: [attach('gate', { answer: 'refuse' })] }),
    ])
    const refused = await exchangeRaw(place.front.port, head)
    expect(statusOf(refused)).toBe(403)
    expect(refused.toLowerCase()).toContain('connection: close')
  })

  test('lets the sender of a large body that is refused read the reply', async () => {
    await using place = await opened()
    place.front.pipeline.swap([
      shopRevision(place.backend.url, { policies: [attach('gate', { answer: 'refuse' })] }),
    ])
    const response = await fetch(`${place.front.url}/shop/v1/things`, {
      method: 'POST',
      body: Buffer.alloc(4_000_000),
    })
    expect(response.status).toBe(403)
    expect(await response.json()).toMatchObject({ code: 'gate.shut' })
  })

  test('keeps the connection after refusing a small body', async () => {
    await using place = await opened()
    place.front.pipeline.swap([
      shopRevision(place.backend.url, { policies: [attach('gate', { answer: 'refuse' })] }),
    ])
    const one = 'POST /shop/v1/things HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello'
    const raw = await exchangeRaw(place.front.port, one + one, 500)
    expect(raw.match(/HTTP\/1\.1 403/g)).toHaveLength(2)
    expect(raw.toLowerCase()).not.toContain('connection: close')
  })

  test('drains on close: what is under way ends, what comes after is turned away', async () => {
    const reached = Promise.withResolvers<void>()
    const held = Promise.withResolvers<void>()
    const backend = await openBackend((_, response) => {
      reached.resolve()
      held.promise.then(() => response.end('late'))
    })
    const front = await openFront([shopRevision(backend.url)])
    const call = fetch(`${front.url}/shop/v1/things`)
    await reached.promise
    // Longer than a test may take: it ends with what was under way, and not with its time.
    const closed = front.close(600_000)
    held.resolve()
    expect(await (await call).text()).toBe('late')
    await closed
    await expect(fetch(`${front.url}/shop/v1/things`)).rejects.toThrow()
    await backend.close()
  })

  test('cuts off on close what does not end in time', async () => {
    const reached = Promise.withResolvers<void>()
    const backend = await openBackend(() => reached.resolve())
    const front = await openFront([shopRevision(backend.url)])
    const call = fetch(`${front.url}/shop/v1/things`).catch((error: unknown) => error)
    await reached.promise
    await front[Symbol.asyncDispose]()
    await backend.close()
    expect(await call).toBeInstanceOf(Error)
  })

  test('sends HEAD the length and no body, also of a refusal', async () => {
    await using place = await opened()
    place.front.pipeline.swap([
      shopRevision(place.backend.url, { policies: [attach('gate', { answer: 'refuse' })] }),
    ])
    const raw = await exchangeRaw(
      place.front.port,
      'HEAD /shop/v1/things HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
    )
    expect(statusOf(raw)).toBe(403)
    expect(raw).toMatch(/content-length: [1-9]/i)
    expect(raw.endsWith('\r\n\r\n')).toBe(true)
  })

  test('reads IPv4 addresses out of mapped ones and tells the backend the peer', async () => {
    await using place = await opened()
    const response = await new Promise<number>((resolve, reject) => {
      request(`${place.front.url}/shop/v1/things`, (answer) => {
        readAll(answer).then(() => resolve(answer.statusCode ?? 0), reject)
      }).end()
    })
    expect(response).toBe(200)
    expect(valuesOf(place.backend.seen[0]?.rawHeaders ?? [], 'x-forwarded-for')).toEqual(['127.0.0.1'])
  })
})
