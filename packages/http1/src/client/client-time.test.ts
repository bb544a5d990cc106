import { execFile } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { afterEach, describe, expect, test } from 'vitest'
import type { ClientError } from './client-error.ts'
import type { ClientLimits } from './client-limits.ts'
import { answering, get, OK, openRawBackend, textOf } from './fixture/raw-backend.ts'
import { type Http1Client, openHttp1Client } from './open-http1-client.ts'

const clients: Http1Client[] = []

function open(limits: Partial<ClientLimits> = {}): Http1Client {
  const client = openHttp1Client(limits)
  clients.push(client)
  return client
}

const NONE = { open: 0, connecting: 0, idle: 0, waiting: 0 }

afterEach(() => {
  for (const client of clients.splice(0)) {
    client.close()
    expect(client.counts()).toEqual(NONE)
  }
})

const reasonOf = (error: ClientError): string => error.reason

describe('the times of a client', () => {
  test('end a handshake that does not get on', async () => {
    await using backend = await openRawBackend(() => undefined)
    const client = open({ connectTimeoutMillis: 100 })
    const began = performance.now()
    const origin = backend.origin.replace('http:', 'https:')
    expect(await client.request(origin, get()).catch(reasonOf)).toBe('connect-timeout')
    expect(performance.now() - began).toBeGreaterThan(99)
    await backend.connections[0]?.closed()
  })

  test.each([
    ['nothing', ''],
    ['half a head', 'HTTP/1.1 200 OK\r\nX: '],
    ['only an interim response', 'HTTP/1.1 102 Processing\r\n\r\n'],
  ])('end a request to which there is %s, and not early', async (_, text) => {
    await using backend = await openRawBackend(answering(text))
    const client = open({ headTimeoutMillis: 100 })
    await client.request(backend.origin, get()).catch(reasonOf)
    const began = performance.now()
    expect(await client.request(backend.origin, get()).catch(reasonOf)).toBe('head-timeout')
    expect(performance.now() - began).toBeGreaterThan(99)
    await backend.connections[0]?.closed()
  })

  test.each([
    ['head-timeout', { headMillis: 60 }, ''],
    [
      'body-timeout',
      { bodyIdleMillis: 60 },
      'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n',
    ],
    ['total-timeout', { totalMillis: 60 }, 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nx'],
    ['total-timeout', { totalMillis: 60 }, ''],
  ])('are those of one request where it has its own: %s %j', async (reason, timeouts, text) => {
    await using backend = await openRawBackend(answering(text))
    const client = open({ keepAliveMillis: 50 })
    const began = performance.now()
    const reading = client.request(backend.origin, { ...get(), timeouts }).then(({ body }) => textOf(body))
    expect(await reading.catch(reasonOf)).toBe(reason)
    expect(performance.now() - began).toBeGreaterThan(59)
  })

  test('for a connection are those of one request, and tell a slow server from one that is taken', async () => {
    await using backend = await openRawBackend(() => undefined)
    const client = open({ maxConnectionsPerOrigin: 1, keepAliveMillis: 50 })
    const timeouts = { connectMillis: 60 }
    const shaking = client.request(backend.origin.replace('http:', 'https:'), { ...get(), timeouts })
    expect(await shaking.catch(reasonOf)).toBe('connect-timeout')
    const taken = client
      .request(backend.origin, { ...get(), timeouts: { headMillis: 1_000 } })
      .catch(reasonOf)
    await expect.poll(() => client.counts()).toMatchObject({ open: 1, connecting: 0 })
    expect(await client.request(backend.origin, { ...get(), timeouts }).catch(reasonOf)).toBe('wait-timeout')
    expect(await taken).toBe('head-timeout')
  })

  test('end a head that comes byte by byte', async () => {
    await using backend = await openRawBackend(async (connection) => {
      await connection.readHead()
      for (const each of `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(1_000)}`) {
        connection.write(each)
        await sleep(5)
      }
    })
    const client = open({ headTimeoutMillis: 100 })
    expect(await client.request(backend.origin, get()).catch(reasonOf)).toBe('head-timeout')
  })

  test('end a response whose body rests, but not one that comes slowly', async () => {
    await using backend = await openRawBackend(async (connection) => {
      await connection.readHead()
      connection.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n')
      for (let i = 0; i < 9; i++) {
        await sleep(40)
        connection.write('x')
      }
    })
    const client = open({ bodyIdleTimeoutMillis: 100 })
    const { body } = await client.request(backend.origin, get())
    let text = ''
    const read = (async () => {
      for await (const piece of body as AsyncIterable<Uint8Array>) text += Buffer.from(piece).toString()
    })()
    expect(await read.catch(reasonOf)).toBe('body-timeout')
    expect(text).toBe('xxxxxxxxx')
  })

  test('do not end a response that its reader lets wait', async () => {
    await using backend = await openRawBackend(async (connection) => {
      await connection.readHead()
      connection.write(`HTTP/1.1 200 OK\r\nContent-Length: 500000\r\n\r\n${'x'.repeat(500_000)}`)
    })
    const client = open({ bodyIdleTimeoutMillis: 50 })
    const { body } = await client.request(backend.origin, get())
    await sleep(200)
    expect(await textOf(body)).toHaveLength(500_000)
  })

  test('end a request as a whole where that is limited, wherever it is', async () => {
    await using backend = await openRawBackend(async (connection) => {
      await connection.readHead()
      connection.write('HTTP/1.1 200 OK\r\n\r\n')
      while (!connection.isClosed) {
        connection.write('x')
        await sleep(20)
      }
    })
    const client = open({ totalTimeoutMillis: 150, maxConnectionsPerOrigin: 1 })
    const { body } = await client.request(backend.origin, get())
    const waiting = client.request(backend.origin, get()).then((next) => textOf(next.body), reasonOf)
    expect(await textOf(body).catch(reasonOf)).toBe('total-timeout')
    // Its time may be over in the queue, or on the connection that takes the place of the first.
    expect(await waiting.catch(reasonOf)).toMatch(/total-timeout|wait-timeout/)
  })

  test('keep no process alive', async () => {
    await using backend = await openRawBackend(answering(OK))
    const request = JSON.stringify({ ...get(), body: undefined })
    const program = `
      import { openHttp1Client } from ${JSON.stringify(import.meta.resolve('./open-http1-client.ts'))}
      const client = openHttp1Client({ keepAliveMillis: 50, maxKeepAliveMillis: 60_000 })
      console.log((await client.request(${JSON.stringify(backend.origin)}, ${request})).status)`
    const run = promisify(execFile)
    const arguments_ = ['--input-type=module', '--eval', program]
    const { stdout } = await run(process.execPath, arguments_, { timeout: 10_000 })
    expect(stdout).toBe('200\n')
  })

  test('go on after there was nothing to watch for long', async () => {
    await using backend = await openRawBackend(answering(OK))
    const client = open({ keepAliveMillis: 20, maxKeepAliveMillis: 20 })
    await client.request(backend.origin, get())
    await expect.poll(() => client.counts()).toEqual(NONE)
    await sleep(100)
    await client.request(backend.origin, get())
    await expect.poll(() => client.counts()).toEqual(NONE)
  })
})

describe('what servers may send', () => {
  test('interim responses are passed over, and early hints are told', async () => {
    await using backend = await openRawBackend(
      answering(
        `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\nConnection: x\r\n\r\n${OK}`,
      ),
    )
    const told: unknown[] = []
    const inform = (status: number, fields: readonly string[]): void => void told.push([status, ...fields])
    const answer = await open().request(backend.origin, get({ inform }))
    expect([answer.status, await textOf(answer.body)]).toEqual([200, 'ok'])
    expect(told).toEqual([[103, 'Link', '</a.css>']])
  })

  test.each([
    ['a change of protocol that nobody asked for', 'HTTP/1.1 101 Switching\r\n\r\n', 'unasked-upgrade'],
    ['interim responses without end', 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(17), 'malformed'],
    ['a head without end', `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(40_000)}`, 'malformed'],
    ['too many fields', `HTTP/1.1 200 OK\r\n${'X: x\r\n'.repeat(201)}\r\n`, 'malformed'],
    ['something else than HTTP', 'SSH-2.0-OpenSSH\r\n\r\n', 'malformed'],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok', 'malformed'],
  ])('%s is refused, and the connection closed', async (_, text, reason) => {
    await using backend = await openRawBackend(answering(text))
    const client = open()
    expect(await client.request(backend.origin, get()).catch(reasonOf)).toBe(reason)
    await backend.connections[0]?.closed()
    expect(client.counts()).toEqual(NONE)
  })

  test('a connection that ends without a word is a failure', async () => {
    await using backend = await openRawBackend((connection) => connection.socket.end())
    expect(await open().request(backend.origin, get()).catch(reasonOf)).toBe('closed-early')
    expect(backend.connections).toHaveLength(1)
  })

  test('a head that comes in any pieces is the same head', async () => {
    await using backend = await openRawBackend(async (connection) => {
      await connection.readHead()
      for (const each of 'HTTP/1.1 200 OK\r\nX-A: 1\r\nContent-Length: 2\r\n\r\nok') {
        connection.write(each)
        await sleep(1)
      }
    })
    const answer = await open().request(backend.origin, get())
    expect(answer.fields).toEqual(['X-A', '1', 'Content-Length', '2'])
    expect(await textOf(answer.body)).toBe('ok')
  })
})

describe('a head that cannot be written safely', () => {
  test.each([
    ['a target with a blank', { target: '/a b' }],
    ['a target with a line of its own', { target: '/a\r\nX: y' }],
    ['a host with a line of its own', { host: 'a\r\nX: y' }],
    ['a method that is none', { method: 'GET /x HTTP/1.1\r\n' }],
    ['a value with a line of its own', { fields: ['X', 'a\r\nY: b'] }],
    ['a value with a bare LF', { fields: ['X', 'a\nY: b'] }],
    ['a value that would be cut to a line', { fields: ['X', 'aĊY: b'] }],
    ['a name with a colon', { fields: ['X: y', 'z'] }],
    ['no name', { fields: ['', 'z'] }],
    ['a length that is none', { fields: ['Content-Length', '+1'] }],
    ['two lengths', { fields: ['Content-Length', '1', 'content-length', '1'] }],
  ])('is not sent: %s', async (_, changes) => {
    await using backend = await openRawBackend(answering(OK))
    const client = open()
    expect(await client.request(backend.origin, get(changes)).catch(reasonOf)).toBe('bad-request')
    expect(client.counts()).toEqual(NONE)
    expect(backend.connections).toHaveLength(0)
  })

  test('has no field of another connection, whatever the caller gives', async () => {
    await using backend = await openRawBackend(async (connection) => {
      const head = await connection.readHead()
      expect(head).toBe('GET /things HTTP/1.1\r\nHost: backend.example\r\nX-Mine: 1\r\n\r\n')
      connection.write(OK)
    })
    const fields = ['Host', 'evil', 'Connection', 'close', 'Transfer-Encoding', 'chunked', 'X-Mine', '1']
    const more = ['TE', 'trailers', 'Upgrade', 'h2c', 'Keep-Alive', '1', 'Expect', '100-continue']
    const answer = await open().request(backend.origin, get({ fields: [...fields, ...more] }))
    expect(answer.status).toBe(200)
  })
})
