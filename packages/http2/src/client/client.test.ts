import { once } from 'node:events'
import { createServer, type Http2Server, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2'
import { type AddressInfo, connect, createServer as createNetServer } from 'node:net'
import { LightSignal } from '@portcullis/kernel/signal'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { flag, frame, headers, readFrames, type } from '../fixture/frame.ts'
import { textOf } from '../fixture/serve.ts'
import type { ClientRequest } from '../message.ts'
import type { ClientLimits } from './client-limits.ts'
import { type Http2Client, openHttp2Client } from './open-http2-client.ts'

const opened: (() => unknown)[] = []
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close()
})

interface Peer {
  readonly origin: string
  readonly server: Http2Server
  readonly sessions: ServerHttp2Session[]
}

type Answer = (stream: ServerHttp2Stream, headers: Record<string, unknown>) => void

async function openPeer(answer: Answer, settings: { maxConcurrentStreams?: number } = {}): Promise<Peer> {
  const server = createServer({ settings })
  const sessions: ServerHttp2Session[] = []
  server.on('session', (session) => {
    sessions.push(session)
    session.on('error', () => undefined)
  })
  server.on('stream', (stream, headers) => {
    stream.on('error', () => undefined)
    answer(stream, headers)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  opened.push(() => {
    for (const session of sessions) session.destroy()
    server.close()
  })
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server, sessions }
}

/** Answers the first stream of a connection with these frames. */
async function openRawPeer(answer: (stream: number) => Buffer[]): Promise<string> {
  const server = createNetServer((socket) => {
    socket.on('error', () => undefined)
    opened.push(() => socket.destroy())
    socket.write(frame(type.settings, 0, 0))
    let rest: Buffer = Buffer.alloc(0)
    let isAnswered = false
    socket.on('data', (bytes) => {
      rest = Buffer.concat([rest, bytes])
      if (isAnswered || rest.length < PREFACE_BYTES) return
      const { frames } = readFrames(rest.subarray(PREFACE_BYTES))
      const asked = frames.find(({ kind }) => kind === type.headers)
      if (asked === undefined) return
      isAnswered = true
      socket.write(Buffer.concat(answer(asked.stream)))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  opened.push(() => server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
/** `PRI * HTTP/2.0`, as RFC 9113 §3.4 has it. */
const PREFACE_BYTES = 24

function openClient(limits: Partial<ClientLimits> = {}): Http2Client<object> {
  const client = openHttp2Client((origin) => connect(Number(new URL(origin).port), '127.0.0.1'), limits)
  opened.push(() => client.close())
  return client
}

const get = (changes: Partial<ClientRequest> = {}): ClientRequest => ({
  method: 'GET',
  target: '/',
  host: 'backend.example',
  fields: [],
  body: undefined,
  signal: undefined,
  ...changes,
})

const reasonOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'none',
    (error) => error.reason,
  )

describe('a request', () => {
  test('brings fields, body and trailers, and gets those of the response', async () => {
    const peer = await openPeer((stream, headers) => {
      let text = ''
      let trailers: unknown
      stream.setEncoding('utf8')
      stream.on('data', (piece) => {
        text += piece
      })
      stream.on('trailers', (each) => {
        trailers = each.sum
      })
      stream.on('end', () => {
        stream.respond(
          { ':status': 201, echo: `${headers[':authority']} ${headers.te} ${text} ${trailers}` },
          { waitForTrailers: true },
        )
        stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
        stream.end('done')
      })
    })
    const body = (async function* () {
      yield Buffer.from('ab')
      yield Buffer.from('c')
    })()
    const fields = ['Transfer-Encoding', 'chunked', 'X', 'y']
    const response = await openClient().request(
      peer.origin,
      get({ method: 'POST', body, fields, trailers: () => ['sum', '3'] }),
    )
    expect(response.status).toBe(201)
    expect(response.fields).toContain('backend.example trailers abc 3')
    expect(await textOf(response)).toBe('done')
    expect(response.trailers?.()).toEqual(['grpc-status', '0'])
  })

  test('shares a connection with others, as many as the server allows, and then gets another', async () => {
    const held: ServerHttp2Stream[] = []
    const peer = await openPeer((stream) => held.push(stream), { maxConcurrentStreams: 2 })
    const client = openClient({ maxSessionsPerOrigin: 2 })
    const responses = Array.from({ length: 5 }, () => client.request(peer.origin, get()))
    await expect.poll(() => held.length).toBe(4)
    expect(peer.sessions).toHaveLength(2)
    expect(client.counts()).toMatchObject({ open: 2, underWay: 5, waiting: 1 })
    held[0]?.respond({}, { endStream: true })
    await expect.poll(() => held.length).toBe(5)
    for (const each of held.slice(1)) each.respond({}, { endStream: true })
    expect((await Promise.all(responses)).map(({ status }) => status)).toEqual([200, 200, 200, 200, 200])
    await expect.poll(() => client.counts().underWay).toBe(0)
  })

  test('that the server did not begin with is sent once more; what streams is not', async () => {
    let asked = 0
    const peer = await openPeer((stream) => {
      if (++asked % 2 === 1) stream.close(7)
      else stream.respond({}, { endStream: true })
    })
    const client = openClient()
    expect((await client.request(peer.origin, get({ method: 'POST', body: Buffer.from('x') }))).status).toBe(
      200,
    )
    const body = (async function* () {
      yield Buffer.from('x')
    })()
    expect(await reasonOf(client.request(peer.origin, get({ method: 'POST', body })))).toBe('refused')
  })

  test('goes over a new connection after the server said goodbye, and what was under way ends', async () => {
    const held: ServerHttp2Stream[] = []
    const peer = await openPeer((stream) => held.push(stream))
    const client = openClient()
    const first = client.request(peer.origin, get())
    await expect.poll(() => held.length).toBe(1)
    peer.sessions[0]?.close()
    await expect.poll(() => client.counts().leaving).toBe(1)
    const second = client.request(peer.origin, get())
    await expect.poll(() => held.length).toBe(2)
    for (const each of held) each.respond({}, { endStream: true })
    expect((await first).status).toBe(200)
    expect((await second).status).toBe(200)
    expect(peer.sessions).toHaveLength(2)
  })

  test('given up resets its stream and nothing else', async () => {
    const held: ServerHttp2Stream[] = []
    const peer = await openPeer((stream) => held.push(stream))
    const client = openClient()
    const signal = new LightSignal()
    const response = reasonOf(client.request(peer.origin, get({ signal })))
    await expect.poll(() => held.length).toBe(1)
    signal.abort()
    expect(await response).toBe('aborted')
    await expect.poll(() => held[0]?.closed).toBe(true)
    expect(client.counts()).toEqual({ open: 1, connecting: 0, idle: 1, leaving: 0, underWay: 0, waiting: 0 })
  })

  test.each([
    ['a name', ['a b', 'c']],
    ['a value', ['a', 'b\r\nc: d']],
  ])('that cannot be sent is not: %s', async (_, fields) => {
    expect(await reasonOf(openClient().request('http://127.0.0.1:1', get({ fields })))).toBe('bad-request')
  })

  test('whose body breaks off never looks complete to the server', async () => {
    let ended = false
    const peer = await openPeer((stream) => {
      stream.resume()
      stream.on('end', () => {
        ended = !stream.aborted
      })
    })
    const body = (async function* () {
      yield Buffer.from('half')
      throw new Error('gone')
    })()
    expect(await reasonOf(openClient().request(peer.origin, get({ method: 'POST', body })))).toBe(
      'request-body-failed',
    )
    expect(ended).toBe(false)
  })
})

describe('a response', () => {
  test('of which the rest does not come breaks off', async () => {
    const peer = await openPeer((stream) => {
      stream.respond({})
      stream.write('half')
      setTimeout(() => stream.destroy(new Error('gone')), 10)
    })
    const response = await openClient().request(peer.origin, get())
    expect(await reasonOf(textOf(response))).toBe('closed-early')
  })

  test('that comes too late, or stops in the middle, is given up', async () => {
    const peer = await openPeer((stream, headers) => {
      if (headers[':path'] === '/') return
      stream.respond({})
      stream.write('half')
    })
    const client = openClient({ bodyIdleTimeoutMillis: 60 })
    const hasty = openClient({ headTimeoutMillis: 60 })
    expect(await reasonOf(hasty.request(peer.origin, get()))).toBe('head-timeout')
    const response = await client.request(peer.origin, get({ target: '/half' }))
    expect(await reasonOf(textOf(response))).toBe('body-timeout')
  })

  test('is not late because this process was held up, when it could not be heard', async () => {
    const peer = await openPeer((stream) => {
      const hourLater = performance.now() + 3_600_000
      vi.spyOn(performance, 'now').mockReturnValue(hourLater)
      // By then the client has looked for what is late.
      setTimeout(() => stream.respond({ ':status': 200 }, { endStream: true }), 100)
    })
    const client = openClient({ pingMillis: 50, pingTimeoutMillis: 10_000 })
    const response = await client.request(peer.origin, get()).finally(() => vi.restoreAllMocks())
    expect(response.status).toBe(200)
  })

  test('has the times of its own request, where that has some', async () => {
    const peer = await openPeer((stream, headers) => {
      if (headers[':path'] === '/') return
      stream.respond({})
      stream.write('half')
    })
    const client = openClient({ keepAliveMillis: 1_000, pingTimeoutMillis: 60 })
    const ask = (timeouts: ClientRequest['timeouts'], target = '/') =>
      reasonOf(client.request(peer.origin, get({ timeouts, target })).then(textOf))
    expect(await ask({ headMillis: 60 })).toBe('head-timeout')
    expect(await ask({ totalMillis: 60 })).toBe('total-timeout')
    expect(await ask({ bodyIdleMillis: 60 }, '/half')).toBe('body-timeout')
    expect(await ask({ totalMillis: 60 }, '/half')).toBe('total-timeout')
    const silent = createNetServer(() => undefined).listen(0, '127.0.0.1')
    await once(silent, 'listening')
    opened.push(() => silent.close())
    const origin = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`
    expect(await reasonOf(client.request(origin, get({ timeouts: { connectMillis: 60 } })))).toBe(
      'connect-timeout',
    )
  })

  test('is not whole when its stream is reset without an error before its end (RFC 9113 §8.1)', async () => {
    const origin = await openRawPeer((stream) => [
      headers(stream, [[':status', '200']], flag.endHeaders),
      frame(type.data, 0, stream, Buffer.from('half')),
      frame(type.reset, 0, stream, Buffer.alloc(4)),
    ])
    const response = await openClient().request(origin, get())
    await expect(textOf(response)).rejects.toMatchObject({ reason: 'closed-early' })
  })

  test('is whole when the reset without an error follows its end', async () => {
    const origin = await openRawPeer((stream) => [
      headers(stream, [[':status', '200']], flag.endHeaders),
      frame(type.data, flag.endStream, stream, Buffer.from('whole')),
      frame(type.reset, 0, stream, Buffer.alloc(4)),
    ])
    expect(await textOf(await openClient().request(origin, get()))).toBe('whole')
  })

  test('is no response where more come ahead of it than are put up with', async () => {
    const withHints = (count: number) =>
      openRawPeer((stream) => [
        ...Array.from({ length: count }, () => headers(stream, [[':status', '103']], flag.endHeaders)),
        headers(stream, [[':status', '200']]),
      ])
    expect(await reasonOf(openClient().request(await withHints(16), get()))).toBe('none')
    expect(await reasonOf(openClient().request(await withHints(17), get()))).toBe('malformed')
  })

  test('of events may be quiet for longer than another', async () => {
    const limits = { bodyIdleTimeoutMillis: 40, eventStreamIdleTimeoutMillis: 5_000 }
    const streams: ServerHttp2Stream[] = []
    const quiet = (type: string) =>
      openPeer((stream) => {
        streams.push(stream)
        stream.respond({ 'content-type': type })
        stream.write('a')
      })
    const client = openClient(limits)
    const begin = async (type: string) => client.request((await quiet(type)).origin, get())
    const events = textOf(await begin('text/event-stream'))
    expect(await reasonOf(textOf(await begin('text/plain')))).toBe('body-timeout')
    // It has been quiet for longer than that by now.
    streams[0]?.end('b')
    expect(await events).toBe('ab')
  })

  test('is not taken faster than it is read', async () => {
    let written = 0
    const peer = await openPeer((stream) => {
      stream.respond({})
      const more = (): void => {
        while (written++ < 100) {
          if (!stream.write(Buffer.alloc(65_536))) break
        }
        if (written < 100) stream.once('drain', more)
        else stream.end()
      }
      more()
    })
    const response = await openClient().request(peer.origin, get())
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(written).toBeLessThan(20)
    expect((await textOf(response)).length).toBeGreaterThan(98 * 65_536)
  })
})

describe('a server', () => {
  test('that cannot be reached, or speaks something else, fails those who wait', async () => {
    expect(await reasonOf(openClient().request('http://127.0.0.1:1', get()))).toBe('connect-failed')
  })

  test('that does not answer a ping is given up', async () => {
    const server = createNetServer((socket) => {
      socket.on('error', () => undefined)
      socket.write(frame(type.settings, 0, 0))
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    opened.push(() => server.close())
    const client = openClient({ pingMillis: 20, pingTimeoutMillis: 60 })
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    expect(await reasonOf(client.request(origin, get()))).toBe('closed-early')
  })

  test('that is too old takes nothing more, and what is under way on it ends there', async () => {
    const held = Promise.withResolvers<ServerHttp2Stream>()
    const sessions = new Set<unknown>()
    const peer = await openPeer((stream, headers) => {
      sessions.add(stream.session)
      if (headers[':path'] === '/held') held.resolve(stream)
      else stream.respond({}, { endStream: true })
    })
    const client = openClient({ maxConnectionAgeMillis: 60 })
    const waiting = client.request(peer.origin, get({ target: '/held' }))
    const stream = await held.promise
    await expect
      .poll(async () => {
        await client.request(peer.origin, get())
        return sessions.size
      })
      .toBeGreaterThan(1)
    stream.respond({ ':status': 203 }, { endStream: true })
    expect((await waiting).status).toBe(203)
  })

  test('that is used no more is let go of', async () => {
    const peer = await openPeer((stream) => stream.respond({}, { endStream: true }))
    const client = openClient({ keepAliveMillis: 40 })
    await client.request(peer.origin, get())
    await expect.poll(() => client.counts().open).toBe(0)
  })
})
