import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { createServer as createHttp2Server } from 'node:http2'
import { type AddressInfo, connect } from 'node:net'
import { atRest } from '@portcullis/http1/fixture/at-rest'
import { upstreamDeclaration } from '@portcullis/model/resource/upstream'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type Backend, openBackend } from '../test-kit/backend.ts'
import { type Front, openFront, shopRevision } from '../test-kit/front.ts'
import { attach } from '../test-kit/policy.ts'

/** A caller of a stream, and the backend's end of it. */
async function open(
  config: Record<string, unknown> = {},
  limits = {},
  type = 'text/event-stream; charset=utf-8',
  more: Parameters<typeof attach>[] = [],
) {
  const streams: ServerResponse[] = []
  const backend: Backend = await openBackend((_, response) => {
    response.writeHead(200, { 'content-type': type })
    response.flushHeaders()
    streams.push(response)
  })
  const front: Front = await openFront(
    [
      shopRevision(backend.url, {
        policies: [attach('stand', config as never), ...more.map((each) => attach(...each))],
      }),
    ],
    limits,
  )
  const socket = connect(front.port, '127.0.0.1')
  await once(socket, 'connect')
  let received = ''
  let isOver = false
  socket.on('data', (bytes) => {
    received += bytes.toString()
  })
  socket.on('close', () => {
    isOver = true
  })
  socket.write('GET /shop/v1/things HTTP/1.1\r\nHost: a\r\n\r\n')
  await expect.poll(() => received).toContain('\r\n\r\n')
  return {
    front,
    backend,
    socket,
    stream: streams[0] as ServerResponse,
    received: () => received,
    isOver: () => isOver,
    ending: () => front.decisions.find((each) => each.ending !== undefined)?.ending,
    async [Symbol.asyncDispose]() {
      socket.destroy()
      await front.close(0)
      await backend.close()
    },
  }
}

// By this clock tokens expire: it stands until a test moves it, however long anything takes.
beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'] }))
afterEach(() => void vi.useRealTimers())

const LIFE_MILLIS = 60_000
const liveOut = (): void => void vi.setSystemTime(Date.now() + LIFE_MILLIS)

describe('a stream of events', () => {
  test('reaches the caller event by event, and is counted while it lasts', async () => {
    await using place = await open()
    for (const event of ['data: 1\n\n', ': quiet\n\n', 'data: 2\n\n']) {
      place.stream.write(event)
      await expect.poll(() => place.received()).toContain(event)
    }
    expect(place.front.pipeline.standing.counts()).toMatchObject([
      { kind: 'event-stream', client: 'app', count: 1 },
    ])
    place.stream.end()
    await expect.poll(() => place.received()).toMatch(/0\r\n\r\n$/)
    await expect
      .poll(() => place.ending())
      .toMatchObject({ reason: 'closed-by-backend', fromBackend: { bytes: 27 } })
    expect(place.front.pipeline.standing.counts()).toEqual([])
  })

  test('ends, as complete as a stream can be, when the token expires', async () => {
    await using place = await open({ lifeMillis: LIFE_MILLIS })
    place.stream.write('data: 1\n\n')
    await expect.poll(() => place.received()).toContain('data: 1\n\n')
    liveOut()
    await expect.poll(() => place.received()).toMatch(/data: 1\n\n\r\n0\r\n\r\n$/)
    expect(place.ending()).toMatchObject({ reason: 'token-expired' })
    await expect.poll(() => place.stream.destroyed).toBe(true)
    expect(place.front.pipeline.standing.counts()).toEqual([])
  })

  test('frees its backend at once when the caller goes away', async () => {
    await using place = await open()
    place.socket.destroy()
    await expect.poll(() => place.stream.destroyed).toBe(true)
    await expect.poll(() => place.ending()).toMatchObject({ reason: 'caller-gone' })
    expect(place.front.pipeline.standing.counts()).toEqual([])
  })

  test('may be quiet for longer than other replies, and not for ever', async () => {
    const limits = { forwarder: { bodyIdleTimeoutMillis: 30, eventStreamIdleTimeoutMillis: 400 } }
    await using place = await open({}, limits)
    await new Promise((resolve) => setTimeout(resolve, 200))
    place.stream.write('data: late\n\n')
    await expect.poll(() => place.received()).toContain('late')
    await expect.poll(() => place.isOver()).toBe(true)
    expect(place.received()).not.toMatch(/0\r\n\r\n$/)
    expect(place.ending()).toMatchObject({ reason: 'backend-gone' })
  })

  test('waits with the backend while the caller reads nothing', async () => {
    await using place = await open()
    place.socket.pause()
    let written = 0
    const event = `data: ${'x'.repeat(60_000)}\n\n`
    const fill = (): void => {
      while (written < 100_000_000 && place.stream.write(event)) written += event.length
    }
    place.stream.on('drain', fill)
    fill()
    await expect
      .poll(
        atRest(() => written),
        { interval: 100 },
      )
      .toBe(true)
    expect(written).toBeLessThan(40_000_000)
  })
})

describe('another reply that takes long', () => {
  const standing = (config: Record<string, unknown>): Parameters<typeof attach>[] => [
    ['standing', config as never],
  ]

  test.each([
    ['a stream of lines', 'application/x-ndjson; charset=utf-8', []],
    ['a sequence of its own kind', 'application/geo+json-seq', []],
    ['what the operator named', 'text/csv;header=present', standing({ types: ['text/csv'] })],
    ['any reply, where the operator says so', 'application/zip', standing({ all: true })],
  ])('%s breaks off when the token expires, and never looks whole', async (_, type, more) => {
    await using place = await open({ lifeMillis: LIFE_MILLIS }, {}, type, more)
    place.stream.write('{"line":1}\n')
    await expect.poll(() => place.received()).toContain('{"line":1}\n')
    liveOut()
    await expect.poll(() => place.isOver()).toBe(true)
    expect(place.received()).not.toMatch(/0\r\n\r\n$/)
    expect(place.ending()).toMatchObject({ kind: 'reply', reason: 'token-expired' })
    await expect.poll(() => place.stream.destroyed).toBe(true)
    expect(place.front.pipeline.standing.counts()).toEqual([])
  })

  test('a download goes on to its end, where nobody says otherwise', async () => {
    await using place = await open({ lifeMillis: LIFE_MILLIS }, {}, 'application/zip')
    place.stream.write('one')
    liveOut()
    await new Promise((resolve) => setTimeout(resolve, 120))
    place.stream.end('two')
    await expect.poll(() => place.received()).toMatch(/two\r\n0\r\n\r\n$/)
    expect(place.ending()).toBeUndefined()
  })

  test('that has soon come to its end has no record of that', async () => {
    await using place = await open({}, {}, 'application/x-ndjson')
    expect(place.front.pipeline.standing.counts()).toMatchObject([{ kind: 'reply', count: 1 }])
    place.stream.end('{"line":1}\n')
    await expect.poll(() => place.received()).toMatch(/0\r\n\r\n$/)
    expect(place.front.pipeline.standing.counts()).toEqual([])
    expect(place.ending()).toBeUndefined()
  })
})

test('early hints pass with their links and nothing else; other interim replies do not', async () => {
  const backend = await openBackend((_, response) => {
    response.writeProcessing()
    response.writeEarlyHints({ link: '</style.css>; rel=preload', 'x-secret': 'inside' })
    response.end('ok')
  })
  const front = await openFront([shopRevision(backend.url, { policies: [attach('stamp', { text: 'x' })] })])
  const socket = connect(front.port, '127.0.0.1')
  let received = ''
  socket.on('data', (bytes) => {
    received += bytes.toString()
  })
  socket.write('GET /shop/v1/things HTTP/1.1\r\nHost: a\r\n\r\n')
  await expect.poll(() => received).toMatch(/\r\n\r\nok$/)
  expect(received).toMatch(
    /^HTTP\/1.1 103 Early Hints\r\nlink: <\/style.css>; rel=preload\r\n\r\nHTTP\/1.1 200 OK\r\n/i,
  )
  expect(received).not.toContain('secret')
  socket.destroy()
  await front.close(0)
  await backend.close()
})

test.each([
  ['pass', /^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 200 /, 'body'],
  ['refuse', /^HTTP\/1.1 403 /, undefined],
])(
  'whoever waits for 100-continue is told by the policies, before the body is read: %s',
  async (answer, first, seen) => {
    const backend = await openBackend()
    const front = await openFront([shopRevision(backend.url, { policies: [attach('gate', { answer })] })])
    const socket = connect(front.port, '127.0.0.1')
    let received = ''
    let isSent = false
    socket.on('data', (bytes) => {
      received += bytes.toString()
      if (!isSent && received.includes('100 Continue')) {
        isSent = true
        socket.write('body')
      }
    })
    socket.write(
      'POST /shop/v1/things HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n',
    )
    await expect.poll(() => received).toMatch(/(200|403) [A-Z]/i)
    expect(received).toMatch(first)
    expect(backend.seen[0]?.body.toString()).toBe(seen)
    socket.destroy()
    await front.close(0)
    await backend.close()
  },
)

describe('a stream of events of a backend that speaks HTTP/2', () => {
  test.each([
    ['its token expires', { lifeMillis: LIFE_MILLIS }, 'token-expired', liveOut],
    [
      'an operator disconnects it',
      {},
      'disconnected',
      (front: Front) =>
        front.pipeline.standing.disconnect({ organization: 'hmart', filter: {}, before: Date.now() }),
    ],
  ])('passes, and ends when %s', async (_, config, reason, act) => {
    const closed = Promise.withResolvers<void>()
    const server = createHttp2Server()
    server.on('stream', (stream) => {
      stream.on('error', () => undefined)
      stream.once('close', closed.resolve)
      stream.respond({ 'content-type': 'text/event-stream' })
      stream.write('data: 1\n\n')
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const declared = upstreamDeclaration.parse({ targets: [{ url }], protocol: 'http2' })
    const front = await openFront([shopRevision(declared, { policies: [attach('stand', config as never)] })])
    try {
      const answer = await fetch(`${front.url}/shop/v1/things`)
      const reader = answer.body?.getReader()
      const first = await reader?.read()
      expect(Buffer.from(first?.value ?? []).toString()).toBe('data: 1\n\n')
      expect(front.pipeline.standing.counts()).toMatchObject([{ kind: 'event-stream', count: 1 }])
      act(front)
      expect((await reader?.read())?.done).toBe(true)
      await closed.promise
      expect(front.decisions.find((each) => each.ending !== undefined)?.ending).toMatchObject({ reason })
    } finally {
      await front.close(0)
      server.close()
    }
  })
})
