import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, test } from 'vitest'
import { StreamedBody } from '../body/streamed-body.ts'
import { atRest } from '../fixture/at-rest.ts'
import type { ClientRequest } from '../message.ts'
import type { ClientError } from './client-error.ts'
import type { ClientLimits } from './client-limits.ts'
import { answering, get, OK, openRawBackend, post, textOf } from './fixture/raw-backend.ts'
import { type Http1Client, openHttp1Client } from './open-http1-client.ts'

const clients: Http1Client[] = []

function open(limits: Partial<ClientLimits> = {}): Http1Client {
  const client = openHttp1Client(limits)
  clients.push(client)
  return client
}

afterEach(() => {
  for (const client of clients.splice(0)) {
    client.close()
    expect(client.counts()).toEqual({ open: 0, connecting: 0, idle: 0, waiting: 0 })
  }
})

const reasonOf = (error: ClientError): string => error.reason
const NONE = { open: 0, connecting: 0, idle: 0, waiting: 0 }

async function* pieces(...all: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const each of all) {
    await sleep(5)
    yield Buffer.from(each)
  }
}

/** What a request looks like on the wire, in the pieces in which it left. */
async function wireOf(request: ClientRequest, end: string): Promise<string> {
  await using backend = await openRawBackend(() => undefined)
  const client = openHttp1Client()
  const sent = client.request(backend.origin, request).catch(() => undefined)
  await expect.poll(() => backend.connections[0]?.received).toContain(end)
  client.close()
  await sent
  return backend.connections[0]?.received ?? ''
}

const HEAD = 'POST /things HTTP/1.1\r\nHost: backend.example\r\n'

describe('the body of a request', () => {
  test('is stated as empty where one is expected, and nowhere else (RFC 9110 §8.6)', async () => {
    expect(await wireOf(get(), '\r\n\r\n')).toBe('GET /things HTTP/1.1\r\nHost: backend.example\r\n\r\n')
    expect(await wireOf(post(undefined), '\r\n\r\n')).toBe(`${HEAD}Content-Length: 0\r\n\r\n`)
  })

  test('leaves in one piece with the head when it is whole, with its own length', async () => {
    let data = 0
    await using backend = await openRawBackend(async (connection) => {
      connection.socket.on('data', () => data++)
      expect(await connection.readUntil('hello')).toBe(`${HEAD}Content-Length: 5\r\n\r\nhello`)
      connection.write(OK)
    })
    await open().request(backend.origin, post(Buffer.from('hello'), { fields: ['Content-Length', '3'] }))
    expect(data).toBe(1)
  })

  test('goes by length when the length is known, and in chunks when not, whatever coding is named', async () => {
    const known = post(pieces('he', 'llo'), { fields: ['content-length', '5'] })
    expect(await wireOf(known, 'hello')).toBe(`${HEAD}Content-Length: 5\r\n\r\nhello`)
    const unknown = post(pieces('he', '', 'llo'), { fields: ['Transfer-Encoding', 'gzip, chunked'] })
    expect(await wireOf(unknown, '\r\n0\r\n\r\n')).toBe(
      `${HEAD}Transfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n`,
    )
  })

  test('leaves in one piece with the head when its first piece is pushed at once', async () => {
    const body = new StreamedBody({ pause() {}, resume() {}, abandon() {} })
    body.push(Buffer.from('first'))
    let first = ''
    await using backend = await openRawBackend(async (connection) => {
      connection.socket.once('data', (bytes: Buffer) => {
        first = bytes.toString()
        body.end()
      })
      await connection.readUntil('0\r\n\r\n')
      connection.write(OK)
    })
    await open().request(backend.origin, post(body))
    expect(first).toBe(`${HEAD}Transfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n`)
  })

  test.each([
    ['shorter', 6],
    ['longer', 4],
  ])('that is %s than it was said to be never passes for complete', async (_, length) => {
    await using backend = await openRawBackend(() => undefined)
    const client = open()
    const request = post(pieces('he', 'llo'), { fields: ['Content-Length', String(length)] })
    expect(await client.request(backend.origin, request).catch(reasonOf)).toBe('request-body-failed')
    await backend.connections[0]?.closed()
    expect(client.counts()).toEqual(NONE)
  })

  test('that breaks off takes its connection along and is the cause of the failure', async () => {
    await using backend = await openRawBackend(() => undefined)
    const why = new Error('the caller left')
    const body = (async function* () {
      yield Buffer.from('half')
      throw why
    })()
    const error: ClientError = await open()
      .request(backend.origin, post(body))
      .catch((thrown) => thrown)
    expect([error.reason, error.cause]).toEqual(['request-body-failed', why])
    await backend.connections[0]?.closed()
  })

  test('is taken no faster than the server reads', async () => {
    await using backend = await openRawBackend((connection) => connection.socket.pause())
    let taken = 0
    const body = (async function* () {
      for (; taken < 100_000_000; taken += 65_536) yield Buffer.alloc(65_536)
    })()
    const caller = new AbortController()
    const sent = open()
      .request(backend.origin, post(body, { signal: caller.signal }))
      .catch(reasonOf)
    await expect
      .poll(
        atRest(() => taken),
        { interval: 100 },
      )
      .toBe(true)
    expect(taken).toBeLessThan(20_000_000)
    caller.abort()
    expect(await sent).toBe('aborted')
  })

  test('is given up when the server takes nothing for too long', async () => {
    await using backend = await openRawBackend((connection) => connection.socket.pause())
    let isGivenUp = false
    const body = (async function* () {
      try {
        for (;;) yield Buffer.alloc(65_536)
      } finally {
        isGivenUp = true
      }
    })()
    const client = open({ bodyIdleTimeoutMillis: 100 })
    expect(await client.request(backend.origin, post(body)).catch(reasonOf)).toBe('body-timeout')
    await expect.poll(() => isGivenUp).toBe(true)
  })

  test('is no longer sent when the server refuses before it has seen all, and the connection is not used again', async () => {
    await using backend = await openRawBackend(async (connection) => {
      await connection.readUntil('one')
      connection.write('HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\n\r\nno')
    })
    let isGivenUp = false
    const body = (async function* () {
      try {
        yield Buffer.from('one')
        for (;;) {
          await sleep(10)
          yield Buffer.from('more')
        }
      } finally {
        isGivenUp = true
      }
    })()
    const client = open()
    const answer = await client.request(backend.origin, post(body))
    expect([answer.status, await textOf(answer.body)]).toEqual([413, 'no'])
    await expect.poll(() => isGivenUp).toBe(true)
    await backend.connections[0]?.closed()
    expect(client.counts()).toEqual(NONE)
  })

  test('is no longer sent from the head of a refusal on, however long the rest of that takes', async () => {
    let isGivenUp = false
    await using backend = await openRawBackend(async (connection) => {
      await connection.readUntil('one')
      connection.write('HTTP/1.1 401 Unauthorized\r\nTransfer-Encoding: chunked\r\n\r\n')
      await expect.poll(() => isGivenUp).toBe(true)
      connection.write('2\r\nno\r\n0\r\n\r\n')
    })
    const body = new StreamedBody({
      pause() {},
      resume() {},
      abandon() {
        isGivenUp = true
      },
    })
    body.push(Buffer.from('one'))
    const answer = await open().request(backend.origin, post(body))
    expect([answer.status, await textOf(answer.body)]).toEqual([401, 'no'])
    await backend.connections[0]?.closed()
  })

  test('that has not all left when the response is here keeps its connection from being used again', async () => {
    await using backend = await openRawBackend(async (connection) => {
      await connection.readHead()
      connection.socket.pause()
      connection.write(OK)
    })
    const client = open()
    const answer = await client.request(backend.origin, post(Buffer.alloc(30_000_000)))
    expect(answer.status).toBe(200)
    expect(client.counts()).toEqual(NONE)
  })

  test('goes on while the response is already coming, and ends with it', async () => {
    await using backend = await openRawBackend(async (connection) => {
      await connection.readUntil('one')
      connection.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n')
      await connection.readUntil('two')
      connection.write('3\r\ntwo\r\n0\r\n\r\n')
    })
    const client = open()
    const answer = await client.request(backend.origin, post(pieces('one', 'two', ...Array(200).fill('x'))))
    expect(await textOf(answer.body)).toBe('onetwo')
    await backend.connections[0]?.closed()
    expect(client.counts()).toEqual(NONE)
  })
})

describe('the body of a response', () => {
  test.each([
    ['by length', 'Content-Length: 5\r\n\r\nhello'],
    ['in chunks', 'Transfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\nX-Trailer: 1\r\n\r\n'],
  ])('is in one piece when it came whole with its head, %s', async (_, text) => {
    await using backend = await openRawBackend(answering(`HTTP/1.1 200 OK\r\n${text}`))
    const { body } = await open().request(backend.origin, get())
    expect(body).toBeInstanceOf(Uint8Array)
    expect(await textOf(body)).toBe('hello')
  })

  test.each([
    ['by length', 'Content-Length: 5\r\n\r\n', ['he', 'llo'], false],
    ['in chunks', 'Transfer-Encoding: chunked\r\n\r\n', ['2\r\nhe\r\n3', '\r\nllo\r\n0\r\n', '\r\n'], false],
    ['until the end of the connection', '\r\n', ['he', 'llo'], true],
  ])('streams as it comes, %s', async (_, head, rest, ends) => {
    await using backend = await openRawBackend(async (connection) => {
      await connection.readHead()
      connection.write(`HTTP/1.1 200 OK\r\n${head}`)
      for (const each of rest) {
        await sleep(15)
        connection.write(each)
      }
      if (ends) connection.socket.end()
    })
    const client = open()
    const { body } = await client.request(backend.origin, get())
    expect(body).not.toBeInstanceOf(Uint8Array)
    expect(await textOf(body)).toBe('hello')
    expect(client.counts().idle).toBe(ends ? 0 : 1)
  })

  test.each([
    ['HEAD', 'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n'],
    ['HEAD', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'],
    ['GET', 'HTTP/1.1 204 No Content\r\n\r\n'],
    ['GET', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 500\r\n\r\n'],
    ['GET', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'],
  ])('is none where RFC 9112 §6.3 says so, and the connection stays: %s, %j', async (method, text) => {
    await using backend = await openRawBackend(answering(text))
    const client = open()
    for (let i = 0; i < 2; i++) {
      expect((await client.request(backend.origin, get({ method }))).body).toBeUndefined()
    }
    expect(backend.connections).toHaveLength(1)
  })

  test.each([
    ['by length', 'Content-Length: 50\r\n\r\nhalf'],
    ['in chunks', 'Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n'],
    ['in the last chunk', 'Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n0\r\n'],
  ])('that is cut off never looks complete, %s', async (_, text) => {
    await using backend = await openRawBackend(async (connection) => {
      await connection.readHead()
      connection.write(`HTTP/1.1 200 OK\r\n${text}`)
      await sleep(20)
      connection.socket.end()
    })
    const client = open()
    const { body } = await client.request(backend.origin, get())
    expect(await textOf(body).catch(reasonOf)).toBe('closed-early')
    expect(client.counts()).toEqual(NONE)
  })

  test('fails at a chunk that is none, and says so', async () => {
    await using backend = await openRawBackend(async (connection) => {
      await connection.readHead()
      connection.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n')
      await sleep(20)
      connection.write('0x3\r\nllo\r\n0\r\n\r\n')
    })
    const { body } = await open().request(backend.origin, get())
    const error: ClientError = await textOf(body).catch((thrown) => thrown)
    expect([error.reason, error.malformed]).toEqual(['malformed', 'bad-chunk'])
    await backend.connections[0]?.closed()
  })

  test('is read no faster than it is taken, iterated or pushed', async () => {
    await using backend = await openRawBackend(async (connection) => {
      await connection.readHead()
      connection.write('HTTP/1.1 200 OK\r\n\r\n')
      const piece = Buffer.alloc(65_536)
      while (!connection.isClosed) {
        if (!connection.socket.write(piece)) await sleep(5)
      }
    })
    const client = open()
    const answers = await Promise.all([1, 2].map(() => client.request(backend.origin, get())))
    const bodies = answers.map((each) => each.body as StreamedBody)
    let written = 0
    bodies[1]?.flowTo({ write: () => ++written < 1, end() {}, fail() {} })
    await sleep(300)
    const bytes = process.memoryUsage().arrayBuffers
    await sleep(300)
    expect(process.memoryUsage().arrayBuffers - bytes).toBeLessThan(20_000_000)
    expect(written).toBe(1)
    for (const each of bodies) each.abandon()
    expect(client.counts()).toEqual(NONE)
    await expect.poll(backend.open).toBe(0)
  })

  test('frees its connection when it ends in the moment in which its reader has enough', async () => {
    await using backend = await openRawBackend(async (connection) => {
      for (let head = await connection.readHead(); head !== ''; head = await connection.readHead()) {
        connection.write('HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n')
        await sleep(10)
        connection.write('x'.repeat(200_000))
      }
    })
    const client = open()
    for (let i = 0; i < 2; i++) {
      const { body } = await client.request(backend.origin, get())
      const streamed = body as StreamedBody
      let bytes = 0
      await new Promise<void>((resolve, reject) => {
        streamed.flowTo({
          write(piece) {
            bytes += piece.byteLength
            setTimeout(() => streamed.resume(), 1)
            return false
          },
          end: resolve,
          fail: reject,
        })
      })
      expect(bytes).toBe(200_000)
    }
    expect(client.counts()).toEqual({ open: 1, connecting: 0, idle: 1, waiting: 0 })
    expect(backend.connections).toHaveLength(1)
  })

  test('gives its connection up when it is given up', async () => {
    await using backend = await openRawBackend(answering('HTTP/1.1 200 OK\r\n\r\nfirst'))
    const client = open()
    const { body } = await client.request(backend.origin, get())
    for await (const _ of body as StreamedBody) break
    await backend.connections[0]?.closed()
    expect(client.counts()).toEqual(NONE)
  })

  test.each([
    ['by length', 'Content-Length: 11\r\n\r\n'],
    ['in chunks', 'Transfer-Encoding: chunked\r\n\r\nb\r\nhello world\r\n0\r\n\r\n'],
    ['until the end of the connection', '\r\nhello world'],
  ])('is refused above the cap where there is one, %s', async (_, text) => {
    await using backend = await openRawBackend(answering(`HTTP/1.1 200 OK\r\n${text}`))
    const client = open({ maxResponseBytes: 10 })
    const read = client.request(backend.origin, get()).then((answer) => textOf(answer.body))
    expect(await read.catch(reasonOf)).toBe('response-too-large')
    await backend.connections[0]?.closed()
    expect(client.counts()).toEqual(NONE)
  })

  test('keeps its bytes when others read at the same time', async () => {
    await using backend = await openRawBackend(async (connection, index) => {
      await connection.readHead()
      connection.write('HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n')
      for (let i = 0; i < 100; i++) {
        connection.write(String(index).repeat(1_000))
        await sleep(1)
      }
    })
    const client = open()
    const answers = await Promise.all([0, 1, 2, 3].map(() => client.request(backend.origin, get())))
    const texts = await Promise.all(answers.map((each) => textOf(each.body)))
    expect(texts.map((each) => [each.length, new Set(each).size])).toEqual(Array(4).fill([100_000, 1]))
  })
})
