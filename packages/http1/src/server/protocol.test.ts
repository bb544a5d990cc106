import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import type { Response, ServerRequest } from '../message.ts'
import { openServer, readBody, text } from './fixture/open-server.ts'

const echo = async (request: ServerRequest): Promise<Response> =>
  text(`${request.method} ${request.target} ${request.host} [${await readBody(request)}]`)

const HOST = 'Host: a\r\n'
const CLOSE = 'Connection: close\r\n'
const bodyOf = (raw: string): string => raw.slice(raw.indexOf('\r\n\r\n') + 4)
const statuses = (raw: string): number[] =>
  [...raw.matchAll(/HTTP\/1\.1 (\d{3})/g)].map((each) => Number(each[1]))

describe('a connection', () => {
  test('carries one request after the other', async () => {
    await using place = await openServer(() => text('hello'))
    const client = await place.connect()
    for (let i = 0; i < 3; i++) {
      client.received = ''
      client.send(`GET / HTTP/1.1\r\n${HOST}\r\n`)
      expect(await client.until('hello')).toMatch(
        /^HTTP\/1\.1 200 OK\r\nDate: [^\r]+ GMT\r\nContent-Length: 5\r\n\r\nhello$/,
      )
    }
    expect(place.server.counts()).toMatchObject({ accepted: 1, handled: 3, requests: 0, connections: 1 })
  })

  test('tells how many connections are idle, within a head, busy and closing', async () => {
    const answers: ((response: Response) => void)[] = []
    await using place = await openServer(() => new Promise((resolve) => answers.push(resolve)))
    const states = () => place.server.counts().states
    const client = await place.connect()
    await expect.poll(states).toEqual({ idle: 1, reading: 0, busy: 0, closing: 0 })
    client.send('GET / HTTP/1.1\r\n')
    await expect.poll(states).toEqual({ idle: 0, reading: 1, busy: 0, closing: 0 })
    client.send(`${HOST}\r\n`)
    await expect.poll(states).toEqual({ idle: 0, reading: 0, busy: 1, closing: 0 })
    answers[0]?.(text('hello'))
    await expect.poll(states).toEqual({ idle: 1, reading: 0, busy: 0, closing: 0 })
    client.send('nonsense\r\n\r\n')
    await expect.poll(states).toEqual({ idle: 0, reading: 0, busy: 0, closing: 1 })
  })

  test('takes a request that comes byte by byte', async () => {
    await using place = await openServer(echo)
    const client = await place.connect()
    const request = `POST /x HTTP/1.1\r\n${HOST}${CLOSE}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n`
    for (const each of request) {
      client.send(each)
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(bodyOf(await client.end())).toBe('POST /x a [abc]')
  })

  test('answers pipelined requests in order, one at a time, however long each takes', async () => {
    let under = 0
    let most = 0
    await using place = await openServer(async (request) => {
      under++
      most = Math.max(most, under)
      await sleep(request.target === '/1' ? 60 : 1)
      under--
      return text(request.target)
    })
    const one = (path: string, more = ''): string => `GET ${path} HTTP/1.1\r\n${HOST}${more}\r\n`
    const raw = await place.exchange(one('/1') + one('/2') + one('/3', CLOSE))
    expect(raw.match(/\/\d$|\/\d(?=HTTP)/g)).toEqual(['/1', '/2', '/3'])
    expect(most).toBe(1)
  })

  test('answers thousands of pipelined requests that are answered at once', async () => {
    await using place = await openServer((request) => text(request.target))
    const client = await place.connect()
    for (let i = 0; i < 5_000; i++) client.send(`GET /${i} HTTP/1.1\r\n${HOST}\r\n`)
    const raw = await client.until('/4999')
    expect(statuses(raw)).toHaveLength(5_000)
  })

  test('passes over an empty line before a request (RFC 9112 §2.2)', async () => {
    await using place = await openServer(echo)
    const raw = await place.exchange(
      `POST / HTTP/1.1\r\n${HOST}Content-Length: 1\r\n\r\nx\r\nGET /2 HTTP/1.1\r\n${HOST}${CLOSE}\r\n`,
    )
    expect(statuses(raw)).toEqual([200, 200])
  })

  test('is closed after a request that says so, and after one of HTTP/1.0', async () => {
    await using place = await openServer(() => text('x'))
    expect(await place.exchange(`GET / HTTP/1.1\r\n${HOST}${CLOSE}\r\n`)).toContain('Connection: close\r\n')
    expect(await place.exchange(`GET / HTTP/1.0\r\n${HOST}\r\n`)).toContain('Connection: close\r\n')
  })

  test('is kept for a client of HTTP/1.0 that asks for it', async () => {
    await using place = await openServer(() => text('x'))
    const client = await place.connect()
    for (let i = 1; i < 3; i++) {
      client.send(`GET / HTTP/1.0\r\n${HOST}Connection: keep-alive\r\n\r\n`)
      await expect.poll(() => client.received.match(/Connection: keep-alive\r\n/g)).toHaveLength(i)
    }
  })

  test('is closed when the response says so', async () => {
    await using place = await openServer(() => ({ ...text('x'), close: true }))
    expect(await place.exchange(`GET / HTTP/1.1\r\n${HOST}\r\n`)).toContain('Connection: close\r\n')
  })
})

describe('what a request says', () => {
  test('is handed over as it came', async () => {
    const seen: ServerRequest[] = []
    await using place = await openServer((request) => {
      seen.push(request)
      return text('')
    })
    await place.exchange(
      `GET http://Real:80/p?q=%41 HTTP/1.1\r\nhOST: other\r\nX-A:  1 \r\nx-a: \xe4\r\n${CLOSE}\r\n`,
    )
    expect(seen[0]).toMatchObject({
      method: 'GET',
      target: '/p?q=%41',
      host: 'Real:80',
      fields: ['hOST', 'other', 'X-A', '1', 'x-a', '\xe4', 'Connection', 'close'],
      body: undefined,
      remoteAddress: '127.0.0.1',
      tls: undefined,
    })
  })

  test('has a body in one piece when it came with the head, by length and in chunks', async () => {
    const bodies: unknown[] = []
    await using place = await openServer((request) => {
      bodies.push(request.body)
      return text('')
    })
    await place.exchange(`POST / HTTP/1.1\r\n${HOST}${CLOSE}Content-Length: 5\r\n\r\nhello`)
    await place.exchange(
      `POST / HTTP/1.1\r\n${HOST}${CLOSE}Transfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\nX-T: 1\r\n\r\n`,
    )
    await place.exchange(`POST / HTTP/1.1\r\n${HOST}${CLOSE}Content-Length: 0\r\n\r\n`)
    expect(bodies.map((each) => each instanceof Uint8Array && Buffer.from(each).toString())).toEqual([
      'hello',
      'hello',
      false,
    ])
  })

  test('has a body that streams, followed by the next request', async () => {
    await using place = await openServer(echo)
    const client = await place.connect()
    client.send(`POST /1 HTTP/1.1\r\n${HOST}Content-Length: 6\r\n\r\nabc`)
    await sleep(20)
    client.send(`defPOST /2 HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n2\r\nxy\r\n`)
    await sleep(20)
    client.send(`1\r\nz\r\n0\r\n\r\nGET /3 HTTP/1.1\r\n${HOST}${CLOSE}\r\n`)
    const raw = await client.end()
    expect(raw.match(/[A-Z]+ \/\d a \[.*?\]/g)).toEqual([
      'POST /1 a [abcdef]',
      'POST /2 a [xyz]',
      'GET /3 a []',
    ])
  })

  test.each([
    ['two Host fields', `GET / HTTP/1.1\r\n${HOST}${HOST}\r\n`, 400, 'bad-host', 'GET'],
    [
      'a length beside a coding',
      `POST / HTTP/1.1\r\n${HOST}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      400,
      'ambiguous-length',
      'POST',
    ],
    ['CONNECT', `CONNECT a:1 HTTP/1.1\r\n${HOST}\r\n`, 501, 'unknown-method', 'CONNECT'],
    ['TRACE', `TRACE / HTTP/1.1\r\n${HOST}\r\n`, 501, 'unknown-method', 'TRACE'],
    [
      'an expectation that nobody knows',
      `GET / HTTP/1.1\r\n${HOST}Expect: x\r\n\r\n`,
      417,
      'unknown-expectation',
      'GET',
    ],
    [
      'another protocol',
      `GET / HTTP/1.1\r\n${HOST}Connection: upgrade\r\nUpgrade: echo\r\n\r\n`,
      501,
      'unknown-upgrade',
      'GET',
    ],
    ['another version', `GET / HTTP/2.0\r\n${HOST}\r\n`, 505, 'unknown-version', 'GET'],
    ['a bare line feed in a head that never ends', `GET / HTTP/1.1\n${HOST}`, 400, 'bad-line-ending', 'GET'],
    ['the hello of TLS', '\x16\x03\x01\x02\x00\x01\x00', 400, 'bad-request-line', undefined],
    [
      'chunks that are wrong from the start',
      `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\nZZ\r\n`,
      400,
      'bad-chunk',
      'POST',
    ],
  ])('is refused, and the connection closed: %s', async (_, request, status, reason, method) => {
    let handled = 0
    await using place = await openServer(() => {
      handled++
      return text('')
    })
    const next = request.includes('\r\n\r\n') ? `GET / HTTP/1.1\r\n${HOST}\r\n` : ''
    const raw = await place.exchange(request + next)
    expect(statuses(raw)).toEqual([status])
    expect(raw).toContain('Connection: close\r\n')
    expect(place.refused).toEqual([{ bad: { status, reason }, method }])
    expect(place.server.counts().refused).toEqual({ [reason]: 1 })
    expect(handled).toBe(0)
  })

  test('leaves an offer of HTTP/2 aside (RFC 9110 §7.8)', async () => {
    await using place = await openServer(() => text('x'))
    const raw = await place.exchange(
      `GET / HTTP/1.1\r\n${HOST}Connection: upgrade, close\r\nUpgrade: h2c\r\n\r\n`,
    )
    expect(statuses(raw)).toEqual([200])
  })

  test('gets no body with the refusal of HEAD', async () => {
    await using place = await openServer(() => text(''))
    const raw = await place.exchange(`HEAD / HTTP/1.1\r\n\r\n`)
    expect(statuses(raw)).toEqual([400])
    expect(raw).toContain('Content-Length: 8')
    expect(bodyOf(raw)).toBe('')
  })

  test('is answered in its turn, before the refusal of what follows', async () => {
    await using place = await openServer(async () => {
      await sleep(30)
      return text('first')
    })
    const raw = await place.exchange(`GET / HTTP/1.1\r\n${HOST}\r\nno request at all\r\n\r\n`)
    expect(statuses(raw)).toEqual([200, 400])
    expect(raw).toContain('first')
  })
})

describe('Expect: 100-continue', () => {
  const head = `POST / HTTP/1.1\r\n${HOST}Content-Length: 3\r\nExpect: 100-continue\r\n`

  test('is answered when somebody begins to read the body, and not before', async () => {
    const reading = Promise.withResolvers<void>()
    await using place = await openServer(async (request) => {
      await reading.promise
      return echo(request)
    })
    const client = (await place.connect()).send(`${head}${CLOSE}\r\n`)
    await sleep(50)
    expect(client.received).toBe('')
    reading.resolve()
    expect(await client.until('\r\n\r\n')).toBe('HTTP/1.1 100 Continue\r\n\r\n')
    client.received = ''
    expect(await client.send('abc').end()).toContain('[abc]')
  })

  test('is not answered when the body is refused, and the connection closes', async () => {
    await using place = await openServer(() => ({ status: 403, fields: [], body: undefined }))
    const raw = await place.exchange(`${head}\r\n`)
    expect(statuses(raw)).toEqual([403])
    expect(raw).toContain('Connection: close')
  })

  test('is passed over when the body is here already', async () => {
    await using place = await openServer(echo)
    expect(statuses(await place.exchange(`${head}${CLOSE}\r\nabc`))).toEqual([200])
  })
})
