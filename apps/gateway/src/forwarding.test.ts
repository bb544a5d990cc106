import { once } from 'node:events'
import { type IncomingMessage, type RequestOptions, request, type ServerResponse } from 'node:http'
import { createServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { type Backend, openBackend, readAll, valuesOf } from './test-kit/backend.ts'
import { type Front, openFront, shopRevision } from './test-kit/front.ts'
import { attach } from './test-kit/policy.ts'
import { exchangeRaw, openRaw } from './test-kit/raw.ts'

type Limits = Parameters<typeof openFront>[1]
interface Place extends AsyncDisposable {
  readonly backend: Backend
  readonly front: Front
}

async function open(
  listener?: Parameters<typeof openBackend>[0],
  limits: Limits = {},
  policies = [] as ReturnType<typeof attach>[],
): Promise<Place> {
  const backend = await openBackend(listener)
  const front = await openFront([shopRevision(`${backend.url}/base/`, { policies })], limits)
  return {
    backend,
    front,
    async [Symbol.asyncDispose]() {
      await front[Symbol.asyncDispose]()
      await backend.close()
    },
  }
}

interface Answer {
  readonly status: number
  readonly rawHeaders: readonly string[]
  readonly body: Buffer
}

/** A call by node's own client: no field is added or hidden. */
function call(
  front: Front,
  path: string,
  options: RequestOptions = {},
  body?: Buffer | (() => AsyncGenerator<Buffer>),
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(`${front.url}${path}`, { agent: false, ...options }, (answer) => {
      readAll(answer).then(
        (bytes) => resolve({ status: answer.statusCode ?? 0, rawHeaders: answer.rawHeaders, body: bytes }),
        reject,
      )
    })
    sent.on('error', reject)
    if (typeof body === 'function') sendAll(sent, body()).catch(reject)
    else sent.end(body)
  })
}

async function sendAll(sent: NodeJS.WritableStream, chunks: AsyncGenerator<Buffer>): Promise<void> {
  for await (const chunk of chunks) if (!sent.write(chunk)) await once(sent, 'drain')
  sent.end()
}

const MEGABYTES_8 = Buffer.alloc(8 * 1024 * 1024, 'portcullis ')

function roomIn(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const settle = (): void => {
      response.off('drain', settle).off('close', settle)
      resolve()
    }
    response.on('drain', settle).on('close', settle)
  })
}

describe('forwarding a call', () => {
  test.each(['GET', 'POST', 'PUT', 'PATCH', 'DELETE'])(
    'carries %s with its path below the base path',
    async (method) => {
      await using place = await open()
      const answer = await call(place.front, '/shop/v1/things/7', { method })
      expect(answer.status).toBe(200)
      expect(place.backend.seen[0]).toMatchObject({ method, url: '/base/things/7' })
    },
  )

  test('keeps the query byte for byte', async () => {
    await using place = await open()
    const query = "?a=%2F%2f&b=+%20&&c&=;d[]='x'&e=%zz&f=/../..//&g=%00&h=a?b"
    await exchangeRaw(
      place.front.port,
      `GET /shop/v1/things${query} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`,
    )
    await exchangeRaw(
      place.front.port,
      'GET /shop/v1/things? HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
    )
    expect(place.backend.seen.map((each) => each.url)).toEqual([`/base/things${query}`, '/base/things?'])
  })

  test('sends the path in the form in which it was matched', async () => {
    await using place = await open()
    await call(place.front, '/shop/v1/things/a%2db%c3%a9')
    expect(place.backend.seen[0]?.url).toBe('/base/things/a-b%C3%A9')
  })

  test('carries 8 MB with a known length, both ways', async () => {
    await using place = await open(async (message, response) => {
      const body = await readAll(message)
      response.writeHead(200, {
        'content-length': body.length,
        'x-coding': String(message.headers['transfer-encoding']),
      })
      response.end(body)
    })
    const answer = await call(
      place.front,
      '/shop/v1/things',
      { method: 'POST', headers: { 'content-length': MEGABYTES_8.length } },
      MEGABYTES_8,
    )
    expect(answer.body.equals(MEGABYTES_8)).toBe(true)
    expect(valuesOf(answer.rawHeaders, 'content-length')).toEqual([String(MEGABYTES_8.length)])
    expect(valuesOf(answer.rawHeaders, 'x-coding')).toEqual(['undefined'])
  })

  test('carries 8 MB in chunks, both ways at once', async () => {
    await using place = await open((message: IncomingMessage, response: ServerResponse) => {
      response.writeHead(200, { 'x-coding': String(message.headers['transfer-encoding']) })
      message.pipe(response)
    })
    const answer = await call(place.front, '/shop/v1/things', { method: 'PUT' }, async function* () {
      for (let at = 0; at < MEGABYTES_8.length; at += 100_000) yield MEGABYTES_8.subarray(at, at + 100_000)
    })
    expect(answer.body.equals(MEGABYTES_8)).toBe(true)
    expect(valuesOf(answer.rawHeaders, 'x-coding')).toEqual(['chunked'])
    expect(valuesOf(answer.rawHeaders, 'transfer-encoding')).toEqual(['chunked'])
  })

  test('passes every piece of a stream on when it comes', async () => {
    await using place = await open((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write('data: 1\n\n')
    })
    const response = await fetch(`${place.front.url}/shop/v1/things`)
    const { value } = (await response.body?.getReader().read()) ?? {}
    expect(Buffer.from(value ?? []).toString()).toBe('data: 1\n\n')
  })

  test('answers HEAD with the fields of the backend and no body', async () => {
    await using place = await open((_, response) => {
      response.writeHead(200, { 'content-length': '12345', etag: '"x"' }).end()
    })
    const raw = await exchangeRaw(
      place.front.port,
      'HEAD /shop/v1/things HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
    )
    expect(raw).toMatch(/^HTTP\/1\.1 200[\s\S]*content-length: 12345\r\n[\s\S]*\r\n\r\n$/i)
  })

  test.each([204, 304])('answers %s without body, length and coding', async (status) => {
    await using place = await open((_, response) => {
      response.writeHead(status, { etag: '"x"' }).end()
    })
    const one = 'GET /shop/v1/things HTTP/1.1\r\nHost: a\r\n'
    const raw = await exchangeRaw(place.front.port, `${one}\r\n${one}Connection: close\r\n\r\n`)
    const replies = raw.split(`HTTP/1.1 ${status}`).slice(1)
    expect(replies).toHaveLength(2)
    for (const reply of replies)
      expect(reply).toMatch(/^(?!.*(content-length|transfer-encoding))[\s\S]*\r\n\r\n$/i)
  })

  test('keeps fields that come more than once, in their order and spelling', async () => {
    await using place = await open((_, response) => {
      response.writeHead(200, ['Set-Cookie', 'a=1', 'X-One', 'é', 'Set-Cookie', 'b=2; Path=/']).end('{}')
    })
    const answer = await call(place.front, '/shop/v1/things')
    expect(valuesOf(answer.rawHeaders, 'set-cookie')).toEqual(['a=1', 'b=2; Path=/'])
    expect(answer.rawHeaders.slice(0, 6)).toEqual([
      'Set-Cookie',
      'a=1',
      'X-One',
      'é',
      'Set-Cookie',
      'b=2; Path=/',
    ])
  })

  test('sends the caller’s fields as they are, repeated ones too', async () => {
    await using place = await open()
    await exchangeRaw(
      place.front.port,
      'GET /shop/v1/things HTTP/1.1\r\nHost: a\r\nX-Two: 1\r\nx-two: 2\r\nCookie: c=d\r\nConnection: close\r\n\r\n',
    )
    const raw = place.backend.seen[0]?.rawHeaders ?? []
    expect(valuesOf(raw, 'x-two')).toEqual(['1', '2'])
    expect(valuesOf(raw, 'cookie')).toEqual(['c=d'])
    expect(raw).toContain('X-Two')
  })

  test('does not follow redirects', async () => {
    await using place = await open((_, response) => {
      response.writeHead(302, { location: 'http://127.0.0.1:1/elsewhere' }).end()
    })
    const answer = await call(place.front, '/shop/v1/things')
    expect(answer.status).toBe(302)
    expect(valuesOf(answer.rawHeaders, 'location')).toEqual(['http://127.0.0.1:1/elsewhere'])
  })

  test('lets no field of a connection through, in either direction (RFC 9110 §7.6.1)', async () => {
    await using place = await open(async (message, response) => {
      place.backend.seen.push({ method: '', url: '', rawHeaders: message.rawHeaders, body: Buffer.alloc(0) })
      response
        .writeHead(200, [
          'Connection',
          'close, X-Hop',
          'X-Hop',
          '1',
          'Keep-Alive',
          'timeout=99',
          'Proxy-Connection',
          'x',
          'Trailer',
          'X-T',
          'Upgrade',
          'h3',
          'X-End',
          '1',
        ])
        .end('{}')
    })
    const answer = await exchangeRaw(
      place.front.port,
      'GET /shop/v1/things HTTP/1.1\r\nHost: a\r\nConnection: close, X-Secret-Hop\r\nX-Secret-Hop: 1\r\nKeep-Alive: 5\r\nTE: trailers\r\nTrailer: X\r\nProxy-Connection: x\r\nProxy-Authorization: x\r\nX-Mine: 1\r\n\r\n',
    )
    const sent = (place.backend.seen[0]?.rawHeaders ?? [])
      .filter((_, i) => i % 2 === 0)
      .map((each) => each.toLowerCase())
    for (const name of [
      'x-secret-hop',
      'keep-alive',
      'te',
      'trailer',
      'proxy-connection',
      'proxy-authorization',
    ]) {
      expect(sent).not.toContain(name)
    }
    expect(sent).toContain('x-mine')
    for (const name of ['x-hop', 'proxy-connection', 'trailer', 'upgrade', 'timeout=99']) {
      expect(answer.toLowerCase()).not.toContain(`\r\n${name}`)
    }
    expect(answer.toLowerCase()).toContain('\r\nx-end: 1')
  })

  test('states afresh who calls, whatever the caller states (RFC 7239 §8.1)', async () => {
    await using place = await open()
    await exchangeRaw(
      place.front.port,
      [
        'GET /shop/v1/things HTTP/1.1',
        'Host: api.example:8080',
        'X-Forwarded-For: 10.0.0.1',
        'x-forwarded-for: 10.0.0.2',
        'X-Forwarded-Proto: https',
        'X-Forwarded-Host: evil',
        'X-Forwarded-Port: 1',
        'Forwarded: for=10.0.0.1',
        'X-Real-IP: 10.0.0.1',
        'Portcullis-Subject: admin',
        'portcullis_subject: admin',
        'X_Forwarded_For: 10.0.0.3',
        'X-HTTP-Method-Override: DELETE',
        'X-Original-URL: /admin',
        'Connection: close',
        '',
        '',
      ].join('\r\n'),
    )
    const raw = place.backend.seen[0]?.rawHeaders ?? []
    const names = raw.filter((_, i) => i % 2 === 0).map((name) => name.toLowerCase())
    expect(valuesOf(raw, 'x-forwarded-for')).toEqual(['127.0.0.1'])
    expect(valuesOf(raw, 'x-forwarded-proto')).toEqual(['http'])
    expect(valuesOf(raw, 'x-forwarded-host')).toEqual(['api.example:8080'])
    expect(valuesOf(raw, 'forwarded')).toEqual(['for=127.0.0.1;host="api.example:8080";proto=http'])
    expect(valuesOf(raw, 'host')).toEqual([new URL(place.backend.url).host])
    for (const name of [
      'portcullis-subject',
      'portcullis_subject',
      'x_forwarded_for',
      'x-real-ip',
      'x-forwarded-port',
      'x-http-method-override',
      'x-original-url',
    ]) {
      expect(names).not.toContain(name)
    }
  })

  test('gives up the backend’s work when the caller goes away', async () => {
    let left: (() => void) | undefined
    const gone = new Promise<void>((resolve) => {
      left = resolve
    })
    await using place = await open((_, response) => {
      response.on('close', () => left?.())
    })
    const caller = new AbortController()
    const outcome = fetch(`${place.front.url}/shop/v1/things`, { signal: caller.signal }).catch(
      () => 'aborted',
    )
    await sleep(50)
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
    await using place = await open((_, response) => {
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
    await using place = await open((message) => {
      message.on('error', () => gone.resolve())
      message.resume()
    })
    const socket = await openRaw(place.front.port)
    socket.write('POST /shop/v1/things HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nabc')
    await sleep(50)
    socket.destroy()
    await gone.promise
  })

  test('cuts the caller off when the backend breaks off, so that half a reply never looks whole', async () => {
    await using place = await open((_, response) => {
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
    await using place = await open(async (_, response) => {
      const piece = Buffer.alloc(65_536)
      for (let i = 0; i < 2_000 && !response.destroyed; i++) {
        sentBytes += piece.length
        if (!response.write(piece)) await roomIn(response)
      }
    })
    const socket = await openRaw(place.front.port)
    socket.pause()
    socket.write('GET /shop/v1/things HTTP/1.1\r\nHost: a\r\n\r\n')
    await sleep(700)
    const atRest = sentBytes
    await sleep(300)
    expect(sentBytes).toBe(atRest)
    expect(atRest).toBeLessThan(40 * 1024 * 1024)
    socket.destroy()
  })

  test('stops reading from the caller while the backend does not read', async () => {
    await using place = await open((message) => {
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
    await sleep(700)
    const atRest = taken
    await sleep(300)
    clearInterval(pump)
    expect(taken).toBe(atRest)
    expect(atRest).toBeLessThan(40_000_000)
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
    await using place = await open(() => undefined, { forwarder: { headTimeoutMillis: 100 } })
    const answer = await call(place.front, '/shop/v1/things')
    expect(answer.status).toBe(504)
    expect(place.front.decisions[0]).toMatchObject({ outcome: 'failed', code: 'gateway.upstream-timeout' })
    expect(place.front.decisions[0]?.upstream?.micros).toBeGreaterThan(90_000)
  })

  test('cuts off a reply whose body rests too long', async () => {
    await using place = await open((_, response) => void response.write('first'), {
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

  test('reads what a step needs ahead and still sends the whole body', async () => {
    await using place = await open(undefined, {}, [attach('peek')])
    const body = Buffer.alloc(300_000, 'abcdefgh')
    const answer = await call(place.front, '/shop/v1/things', { method: 'POST' }, async function* () {
      for (let at = 0; at < body.length; at += 50_000) yield body.subarray(at, at + 50_000)
    })
    expect(answer.status).toBe(200)
    expect(place.backend.seen[0]?.body.equals(body)).toBe(true)
    expect(place.front.decisions[0]?.steps[0]).toMatchObject({ policy: 'peek', saw: { prefix: 'abcd' } })
  })

  test('refuses with 413 what is above the cap of a step, whether its length was told or not', async () => {
    await using place = await open(undefined, {}, [attach('poke', { refuse: 'evil' })])
    const told = await call(
      place.front,
      '/shop/v1/things',
      { method: 'POST', headers: { 'content-length': 1001 } },
      Buffer.alloc(1001),
    )
    const untold = await call(place.front, '/shop/v1/things', { method: 'POST' }, async function* () {
      for (let i = 0; i < 11; i++) yield Buffer.alloc(100)
    })
    const fits = await call(
      place.front,
      '/shop/v1/things',
      { method: 'POST', headers: { 'content-length': 1000 } },
      Buffer.alloc(1000),
    )
    const evil = await call(place.front, '/shop/v1/things', { method: 'POST' }, Buffer.from('so evil'))
    expect([told.status, untold.status, fits.status, evil.status]).toEqual([413, 413, 200, 403])
    expect(place.backend.seen.map((each) => each.body.length)).toEqual([1000])
  })

  test('uses a connection to the backend again', async () => {
    await using place = await open()
    for (let i = 0; i < 5; i++) await call(place.front, '/shop/v1/things')
    expect(await place.backend.connections()).toBe(1)
  })
})
