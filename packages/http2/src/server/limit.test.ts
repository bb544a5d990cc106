import { setTimeout as wait } from 'node:timers/promises'
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { block, flag, frame, get, headers, type, uint32 } from '../fixture/frame.ts'
import { RawClient } from '../fixture/raw-client.ts'
import { serve, type TestServer, textOf } from '../fixture/serve.ts'
import type { Http2ServerOptions } from './open-http2-server.ts'
import type { ServerLimits } from './server-limit.ts'

const opened: AsyncDisposable[] = []
afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each[Symbol.asyncDispose]()
})

async function open(
  limits: Partial<ServerLimits> = {},
  options: Partial<Http2ServerOptions> = {},
): Promise<{ server: TestServer; client: RawClient }> {
  const server = await serve({ ...options, limits })
  const client = await RawClient.open(server.port)
  opened.push(server, { [Symbol.asyncDispose]: async () => client.close() })
  return { server, client }
}

const ENHANCE_YOUR_CALM = 11
const posting = get('/').with(0, [':method', 'POST'])
const never = () => new Promise<never>(() => undefined)
const goawayOf = async (client: RawClient) => {
  await client.find(type.goaway)
  await expect.poll(() => client.isClosed).toBe(true)
  return client.goaway
}

describe('a flood', () => {
  test('of calls that are taken back at once ends its connection, and no other (CVE-2023-44487)', async () => {
    const { server, client } = await open({ maxResets: 20, resetsPerSecond: 1 }, { handle: never })
    const other = await RawClient.open(server.port)
    for (let i = 0; i < 60 && !client.isClosed; i++) {
      client.send(headers(2 * i + 1, get()), frame(type.reset, 0, 2 * i + 1, uint32(8)))
    }
    expect(await goawayOf(client)).toEqual({ code: ENHANCE_YOUR_CALM, word: 'too-many-resets' })
    expect(server.http2.counts()).toMatchObject({ requests: 0, refused: { 'too-many-resets': 1 } })
    expect(other.isClosed).toBe(false)
    other.close()
  })

  test('of calls that are taken back once they are under way ends alike', async () => {
    const { client, server } = await open({ maxResets: 20, resetsPerSecond: 1 }, { handle: never })
    for (let i = 0; i < 25; i++) {
      client.send(headers(2 * i + 1, get()))
      await expect.poll(() => server.http2.counts().handled).toBe(i + 1)
      client.send(frame(type.reset, 0, 2 * i + 1, uint32(8)))
      await expect.poll(() => server.http2.counts().requests).toBe(0)
      if (client.isClosed) break
    }
    expect((await goawayOf(client))?.word).toBe('too-many-resets')
  })

  test('of calls that we are made to reset ends alike (CVE-2025-8671)', async () => {
    const { client } = await open({ maxResets: 20, resetsPerSecond: 1 }, { handle: never })
    for (let i = 0; i < 60 && !client.isClosed; i++) {
      const announced = headers(2 * i + 1, [...posting, ['content-length', '1']], flag.endHeaders)
      client.send(announced, frame(type.data, 0, 2 * i + 1, Buffer.alloc(2)))
      await wait(1)
    }
    expect((await goawayOf(client))?.code).toBeGreaterThan(0)
  })

  test('of resets that keep within the budget does nothing', async () => {
    const { client } = await open(
      { maxResets: 20, resetsPerSecond: 1 },
      {
        handle: ({ target }) => (target === '/end' ? { status: 200, fields: [], body: undefined } : never()),
      },
    )
    for (let i = 0; i < 15; i++)
      client.send(headers(2 * i + 1, get()), frame(type.reset, 0, 2 * i + 1, uint32(8)))
    client.send(headers(101, get('/end')))
    expect(await client.outcomeOf(101)).toBe('200')
  })

  test.each([
    ['PING', frame(type.ping, 0, 0, Buffer.alloc(8))],
    ['SETTINGS', frame(type.settings, 0, 0)],
  ])('of %s frames ends its connection', async (_, each) => {
    const { client } = await open({ maxControlFrames: 50, controlFramesPerSecond: 1 })
    for (let i = 0; i < 100 && !client.isClosed; i++) client.send(each)
    expect(await goawayOf(client)).toEqual({ code: ENHANCE_YOUR_CALM, word: 'control-flood' })
  })

  test.each([
    ['WINDOW_UPDATE', frame(type.windowUpdate, 0, 0, uint32(1))],
    ['PRIORITY', frame(type.priority, 0, 1, Buffer.from([0, 0, 0, 3, 1]))],
    ['unknown', frame(0xf0, 0, 0, Buffer.alloc(8))],
  ])('of %s frames ends its connection', async (_, each) => {
    const { client } = await open({
      maxOverheadBytes: 20_000,
      overheadBytesPerSecond: 1_000,
      stallTimeoutMillis: 80,
    })
    for (let i = 0; i < 3_000 && !client.isClosed; i++) client.send(each)
    expect((await goawayOf(client))?.word).toBe('control-flood')
  })

  test('is none, where there is little of it, however long the process has run', async () => {
    const trueNow = performance.now.bind(performance)
    vi.spyOn(performance, 'now').mockImplementation(() => trueNow() + 1_000_000_000)
    onTestFinished(() => void vi.restoreAllMocks())
    // A look at it every ten milliseconds.
    const { client, server } = await open({ stallTimeoutMillis: 80 })
    for (let i = 0; i < 5; i++) {
      client.send(headers(2 * i + 1, get()))
      expect(await client.outcomeOf(2 * i + 1)).toBe('200')
      await wait(20)
    }
    expect(server.http2.counts()).toMatchObject({ connections: 1, refused: {} })
  })

  test('of empty DATA frames ends its connection', async () => {
    const { client } = await open({ maxInvalidFrames: 50 }, { handle: never })
    client.send(headers(1, posting, flag.endHeaders))
    for (let i = 0; i < 200 && !client.isClosed; i++) client.send(frame(type.data, 0, 1))
    await expect.poll(() => client.isClosed).toBe(true)
  })

  test('of CONTINUATION frames ends its connection (CVE-2024-27316)', async () => {
    const { client, server } = await open()
    client.send(headers(1, get(), 0))
    for (let i = 0; i < 50 && !client.isClosed; i++)
      client.send(frame(type.continuation, 0, 1, block([['x', 'y']])))
    await expect.poll(() => client.isClosed).toBe(true)
    expect(server.http2.counts()).toMatchObject({ handled: 0, connections: 0 })
  })
})

describe('a head', () => {
  test('that grows far beyond its limit by compression costs no memory and no call', async () => {
    const { client, server } = await open({ maxHeadBytes: 4_096 })
    // One large field into the table (RFC 7541 §6.2.1), and then a byte for each time it is there again.
    const large = Buffer.concat([Buffer.of(0x40, 1, 0x78, 0x7f, 0xa1, 0x1e), Buffer.alloc(4_000, 'a')])
    client.send(frame(type.headers, 5, 1, Buffer.concat([block(get()), large, Buffer.alloc(90, 0xbe)])))
    expect(await client.outcomeOf(1)).toMatch(/^reset|^goaway/)
    expect(server.http2.counts().handled).toBe(0)
  })

  test('that is larger than allowed is refused by name', async () => {
    const { client, server } = await open({ maxHeadBytes: 1_024 })
    client.send(headers(1, get('/', [['x', 'a'.repeat(1_000)]])))
    expect(await client.outcomeOf(1)).toBe('431')
    expect(server.http2.counts().refused).toEqual({ 'head-too-large': 1 })
  })
})

describe('a body', () => {
  const read: Partial<Http2ServerOptions> = {
    async handle(request) {
      return { status: 200, fields: [], body: Buffer.from(await textOf(request)) }
    },
  }

  test.each([
    ['announced', [['content-length', '11']] as [string, string][]],
    ['unannounced', []],
  ])('that is too large, %s, is refused', async (_, more) => {
    const { client, server } = await open({ maxBodyBytes: 10 }, read)
    client.send(headers(1, [...posting, ...more], flag.endHeaders), frame(type.data, 1, 1, Buffer.alloc(11)))
    expect(await client.outcomeOf(1)).toBe('413')
    expect(server.http2.counts().refused).toEqual({ 'body-too-large': 1 })
  })

  test('that comes too slowly is refused, and its call ended', async () => {
    const { client, server } = await open({ bodyWindowMillis: 60, minBodyBytesPerSecond: 1_000 }, read)
    client.send(headers(1, posting, flag.endHeaders), frame(type.data, 0, 1, Buffer.alloc(3)))
    expect(await client.outcomeOf(1)).toBe('408')
    await expect.poll(() => server.http2.counts().requests).toBe(0)
    expect(server.http2.counts().refused).toEqual({ 'slow-body': 1 })
  })

  test('that takes too long altogether is refused', async () => {
    const { client } = await open({ requestTimeoutMillis: 80, bodyWindowMillis: 1_000 }, read)
    client.send(headers(1, posting, flag.endHeaders))
    expect(await client.outcomeOf(1)).toBe('408')
  })

  test('of messages may be silent for longer, and not for ever', async () => {
    const limits = { bodyWindowMillis: 20, requestTimeoutMillis: 40, streamIdleMillis: 200 }
    const { client, server } = await open(limits, { ...read, isStream: () => true })
    client.send(headers(1, posting, flag.endHeaders))
    await wait(120)
    expect(server.http2.counts()).toMatchObject({ requests: 1, states: { idle: 0, busy: 1, closing: 0 } })
    expect(await client.outcomeOf(1)).toBe(`reset ${ENHANCE_YOUR_CALM}`)
    expect(server.http2.counts().refused).toEqual({ 'silent-stream': 1 })
  })

  test('that nobody reads waits with its sender', async () => {
    const { client, server } = await open({ windowBytes: 65_535 }, { handle: never })
    client.send(headers(1, posting, flag.endHeaders))
    for (let i = 0; i < 10; i++) client.send(frame(type.data, 0, 1, Buffer.alloc(8_192)))
    await expect.poll(() => server.http2.counts().requests).toBe(0)
    expect(client.frames.some(({ kind, stream }) => kind === type.windowUpdate && stream === 1)).toBe(false)
  })
})

describe('a reply', () => {
  test('of which nothing is taken is given up, and little of it was made', async () => {
    let made = 0
    const { client, server } = await open(
      { stallTimeoutMillis: 80 },
      {
        handle: () => ({
          status: 200,
          fields: [],
          body: (async function* () {
            for (; made < 1_000; made++) yield Buffer.alloc(65_536)
          })(),
        }),
      },
    )
    client.send(headers(1, get()))
    await client.find(type.reset, 1)
    expect(server.http2.counts().refused).toEqual({ 'slow-reader': 1 })
    expect(made).toBeLessThan(5)
    await expect.poll(() => server.http2.counts().requests).toBe(0)
  })
})

describe('a connection', () => {
  test('takes so many calls at once, and ends when its client goes beyond what was agreed', async () => {
    const { client, server } = await open({ maxStreams: 2 }, { handle: never })
    // The limit holds once the client has seen it.
    await client.find(type.settings)
    await wait(20)
    for (const stream of [1, 3, 5]) client.send(headers(stream, get()))
    expect(await client.outcomeOf(5)).toBe('goaway 1')
    expect(server.http2.counts()).toMatchObject({ handled: 2, refused: { breach: 1 } })
  })

  test('takes so many calls altogether, and then asks for another connection', async () => {
    const { client } = await open({ maxRequestsPerConnection: 2 })
    client.send(headers(1, get()))
    expect(await client.outcomeOf(1)).toBe('200')
    client.send(headers(3, get()))
    expect((await goawayOf(client))?.code).toBe(0)
  })

  test('without a first call is closed, and so is one that was idle for long', async () => {
    const { client } = await open({ headTimeoutMillis: 60 })
    expect((await goawayOf(client))?.code).toBe(0)
    const { client: later } = await open({ keepAliveMillis: 60 })
    later.send(headers(1, get()))
    expect(await later.outcomeOf(1)).toBe('200')
    expect((await goawayOf(later))?.code).toBe(0)
  })

  test('with a call under way is not idle', async () => {
    const { client } = await open({ keepAliveMillis: 40, headTimeoutMillis: 40 }, { handle: never })
    client.send(headers(1, get()))
    await wait(150)
    expect(client.isClosed).toBe(false)
  })
})
