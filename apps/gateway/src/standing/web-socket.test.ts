import { atRest } from '@portcullis/http1/fixture/at-rest'
import type { RevocableToken } from '@portcullis/model/news/revocation'
import { describe, expect, test } from 'vitest'
import { type Front, openFront, shopOperations, shopRevision } from '../test-kit/front.ts'
import { attach } from '../test-kit/policy.ts'
import { echoFrames, frameOf, openCaller, openSocketBackend, type RawCaller } from '../test-kit/web-socket.ts'

const TEXT = 1
const PATH = '/shop/v1/things'

interface Place extends AsyncDisposable {
  readonly front: Front
  readonly backend: Awaited<ReturnType<typeof openSocketBackend>>
  readonly revocations: { covered: boolean; tell: () => void }
  call(fields?: string): Promise<RawCaller>
}

async function open(
  config: Record<string, unknown> | 'refuses' = {},
  serve = echoFrames,
  fields?: (offered: readonly string[]) => string,
): Promise<Place> {
  const backend = await openSocketBackend(serve, fields)
  const policies = config === 'refuses' ? [] : [attach('stand', config as never)]
  const revocations = { covered: false, tell: () => {} }
  const front = await openFront(
    [shopRevision(backend.url, { policies })],
    {},
    {
      revocations: {
        covers: (_: RevocableToken) => revocations.covered,
        position: () => 0,
        watch(listener) {
          revocations.tell = listener
          return () => {}
        },
      },
    },
  )
  const callers: RawCaller[] = []
  return {
    front,
    backend,
    revocations,
    async call(more) {
      const caller = await openCaller(front.port, PATH, more)
      callers.push(caller)
      await caller.readHead()
      return caller
    },
    async [Symbol.asyncDispose]() {
      for (const { socket } of callers) socket.destroy()
      await front.close(0)
      await backend[Symbol.asyncDispose]()
    },
  }
}

/** The record of the end, once it is there. */
async function endOf({ front }: Place) {
  await expect.poll(() => front.decisions.find((each) => each.ending !== undefined)).toBeDefined()
  return front.decisions.find((each) => each.ending !== undefined)
}

async function expectNothingLeft({ front, backend }: Place): Promise<void> {
  await expect.poll(() => [front.pipeline.standing.counts(), backend.open()]).toEqual([[], 0])
}

describe('a WebSocket', () => {
  test('is refused where no step permits it, and the backend hears nothing', async () => {
    await using place = await open('refuses')
    const caller = await openCaller(place.front.port, PATH)
    expect(await caller.readHead()).toMatch(/^HTTP\/1.1 403 /)
    expect(place.front.decisions[0]).toMatchObject({ outcome: 'refused', code: 'gateway.upgrade-refused' })
    expect(place.backend.offers).toEqual([])
    caller.socket.destroy()
  })

  test('passes frames both ways, is counted while it stands, and told of when it has ended', async () => {
    await using place = await open({ client: 'till' })
    const caller = await place.call(
      'Sec-WebSocket-Extensions: permessage-deflate\r\nOrigin: https://a.example\r\n',
    )
    expect(caller.head).toContain('Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n')
    expect(caller.head).toContain('Portcullis-Decision: dec_')
    expect(place.backend.offers[0]?.join('|')).not.toMatch(/extensions|dGhlIHNhbXBsZSBub25jZQ/i)
    caller.socket.write(frameOf(TEXT, 'hello', true))
    expect(await caller.next()).toBe('1 hello')
    expect(place.front.pipeline.standing.counts()).toEqual([
      {
        kind: 'websocket',
        organization: 'hmart',
        environment: 'production',
        api: 'shop',
        version: expect.any(String),
        operation: 'GET /things',
        client: 'till',
        count: 1,
      },
    ])
    caller.socket.write(frameOf(8, Buffer.from([3, 232]), true))
    expect(await caller.next()).toBe('8 1000 ')
    await caller.over()
    const end = await endOf(place)
    const [began] = place.front.decisions
    expect(began).toMatchObject({ status: 101, outcome: 'allowed', client: 'till' })
    expect(end).toMatchObject({
      id: `${began?.id}.end`,
      client: 'till',
      ending: {
        kind: 'websocket',
        decision: began?.id,
        reason: 'closed-by-caller',
        closeCode: 1000,
        fromCaller: { frames: 2, bytes: 5 },
        fromBackend: { frames: 2, bytes: 5 },
      },
    })
    await expectNothingLeft(place)
  })

  test('gets the answer of a backend that will not change, and nothing can follow behind it', async () => {
    await using backend = await openSocketBackend(() => {})
    await using front = await openFront([shopRevision('http://127.0.0.1:1', { policies: [attach('stand')] })])
    const caller = await openCaller(front.port, PATH)
    expect(await caller.readHead()).toMatch(/^HTTP\/1.1 502 /)
    caller.socket.destroy()
    expect(backend.offers).toEqual([])
  })

  test.each([
    ['another subprotocol', 'Sec-WebSocket-Protocol: b\r\n'],
    ['a subprotocol twice', 'Sec-WebSocket-Protocol: a\r\nSec-WebSocket-Protocol: a\r\n'],
    ['an extension', 'Sec-WebSocket-Extensions: permessage-deflate\r\n'],
  ])('is not joined to a backend that chooses %s, which was not offered', async (_, chosen) => {
    await using place = await open({}, echoFrames, () => chosen)
    const caller = await openCaller(place.front.port, PATH, 'Sec-WebSocket-Protocol: a\r\n')
    expect(await caller.readHead()).toMatch(/^HTTP\/1.1 502 /)
    caller.socket.destroy()
    await expectNothingLeft(place)
  })

  test('may be compressed where the terms permit it', async () => {
    await using place = await open(
      { terms: { compression: true } },
      echoFrames,
      () => 'Sec-WebSocket-Extensions: permessage-deflate\r\n',
    )
    const caller = await place.call(
      'Sec-WebSocket-Extensions: x-other, permessage-deflate; client_max_window_bits\r\n',
    )
    expect(caller.head).toContain('Sec-WebSocket-Extensions: permessage-deflate')
    expect(place.backend.offers[0]?.join('|')).not.toContain('x-other')
    caller.socket.write(frameOf(TEXT, 'z', true, 0xc0))
    expect(await caller.next()).toBe('1 z')
  })
})

describe('a WebSocket is closed', () => {
  test.each<[string, (place: Place) => void, Record<string, unknown>, string, string]>([
    ['when its token expires', () => {}, { lifeMillis: 80 }, '8 1008 token expired', 'token-expired'],
    [
      'when nothing was said for too long',
      () => {},
      { terms: { idleMillis: 60 } },
      '8 1001 idle for too long',
      'idle',
    ],
    ['when it is too old', () => {}, { terms: { maxLifeMillis: 60 } }, '8 1001 open for too long', 'too-old'],
    [
      'when its token is revoked',
      ({ revocations }) => {
        revocations.covered = true
        revocations.tell()
      },
      {},
      '8 1008 token revoked',
      'token-revoked',
    ],
    [
      'when an operator disconnects it',
      ({ front }) => {
        expect(front.pipeline.standing.disconnect({ organization: 'hmart', filter: {}, before: 1 })).toBe(0)
        expect(
          front.pipeline.standing.disconnect({
            organization: 'hmart',
            filter: { client: 'other' },
            before: Date.now(),
          }),
        ).toBe(0)
        expect(
          front.pipeline.standing.disconnect({
            organization: 'hmart',
            filter: { client: 'app' },
            before: Date.now(),
          }),
        ).toBe(1)
      },
      {},
      '8 1008 disconnected by an operator',
      'disconnected',
    ],
    [
      'when a new revision does not have its operation',
      ({ front, backend }) => {
        const operations = shopOperations().filter(({ id }) => id !== 'GET /things')
        front.pipeline.swap([shopRevision(backend.url, { number: 2 }, { operations })])
      },
      {},
      '8 1001 the operation is no longer served',
      'operation-gone',
    ],
    [
      'when the gateway ends',
      ({ front }) => void front.pipeline.standing.end('shutdown'),
      {},
      '8 1012 the gateway restarts',
      'shutdown',
    ],
  ])('%s', async (_, act, config, word, reason) => {
    await using place = await open(config)
    const caller = await place.call()
    act(place)
    expect(await caller.next()).toBe(word)
    caller.socket.write(frameOf(8, Buffer.from([3, 232]), true))
    await caller.over()
    expect((await endOf(place))?.ending).toMatchObject({ reason, closeCode: Number(word.split(' ')[1]) })
    await expectNothingLeft(place)
  })

  test.each<[string, Buffer, string, string]>([
    ['does not mask', frameOf(TEXT, 'x', false), '8 1002 frame is not masked', 'protocol-error'],
    [
      'says too much at once',
      frameOf(TEXT, 'x'.repeat(1_001), true),
      '8 1009 frame is too large',
      'too-large',
    ],
    [
      'speaks too fast',
      Buffer.concat(Array.from({ length: 4 }, () => frameOf(9, '', true))),
      '8 1008 too many frames',
      'too-fast',
    ],
  ])('when the caller %s', async (_, bytes, word, reason) => {
    const frames: string[] = []
    await using place = await open({ terms: { framesPerSecond: 3 } }, (socket) =>
      socket.on('data', (data: Buffer) => frames.push(data.toString('hex'))),
    )
    const caller = await place.call()
    caller.socket.write(bytes)
    expect(await caller.next()).toBe(word)
    // Whoever does not say goodbye is cut off.
    caller.socket.destroy()
    expect((await endOf(place))?.ending?.reason).toBe(reason)
    place.backend.sockets[0]?.destroy()
    await expectNothingLeft(place)
  })

  test('when the backend breaks the rules, and both are told', async () => {
    let told = ''
    await using place = await open({}, (socket) => {
      socket.write(frameOf(TEXT, 'x', true))
      socket.on('data', (bytes: Buffer) => (told += bytes.toString('hex')))
    })
    const caller = await place.call()
    expect(await caller.next()).toBe('8 1002 frame is masked')
    await expect.poll(() => told.slice(0, 2)).toBe('88')
    caller.socket.destroy()
    place.backend.sockets[0]?.destroy()
    expect((await endOf(place))?.ending?.reason).toBe('protocol-error')
  })

  test.each(['caller', 'backend'] as const)('when the %s breaks off', async (who) => {
    await using place = await open()
    const caller = await place.call()
    caller.socket.write(frameOf(TEXT, 'x', true))
    await caller.next()
    if (who === 'caller') caller.socket.destroy()
    else place.backend.sockets[0]?.destroy()
    await caller.over()
    expect((await endOf(place))?.ending?.reason).toBe(`${who}-gone`)
    await expectNothingLeft(place)
  })

  test('when a side answers no ping, and not while it does; the answers to our pings stay with us', async () => {
    const seen: string[] = []
    await using place = await open({ terms: { pingMillis: 60 } }, (socket) => {
      echoFrames(socket)
      socket.on('data', (bytes: Buffer) => seen.push(bytes.toString('latin1')))
    })
    const caller = await place.call()
    const ping = await caller.next()
    expect(ping).toMatch(/^9 portcullis \d+$/)
    caller.socket.write(frameOf(10, ping.slice(2), true))
    expect(await caller.next()).toMatch(/^9 portcullis/)
    expect(await caller.next()).toBe('8 1001 no answer to ping')
    expect((await endOf(place))?.ending?.reason).toBe('silent')
    // The backend got our pings and our close: nothing of the caller's answers.
    expect(seen.some((each) => each.charCodeAt(0) === 0x8a)).toBe(false)
  })

  test('after the frame that is under way, of which nothing is lost', async () => {
    await using place = await open()
    const caller = await place.call()
    const large = frameOf(TEXT, 'y'.repeat(900), false)
    place.backend.sockets[0]?.write(large.subarray(0, 100))
    await expect.poll(() => caller.unread.length).toBe(100)
    place.front.pipeline.standing.disconnect({ organization: 'hmart', filter: {}, before: Date.now() })
    place.backend.sockets[0]?.write(large.subarray(100))
    expect(await caller.next()).toBe(`1 ${'y'.repeat(900)}`)
    expect(await caller.next()).toBe('8 1008 disconnected by an operator')
  })
})

test('a caller who does not read holds its backend back, in bounded memory', async () => {
  let written = 0
  await using place = await open(
    { terms: { maxFrameBytes: 100_000, maxMessageBytes: 100_000 } },
    (socket) => {
      const frame = frameOf(2, Buffer.alloc(60_000), false)
      const fill = (): void => {
        while (written < 100_000_000 && socket.write(frame)) written += frame.length
      }
      socket.on('drain', fill)
      fill()
    },
  )
  const caller = await openCaller(place.front.port, PATH)
  caller.socket.pause()
  await expect
    .poll(
      atRest(() => written),
      { interval: 100 },
    )
    .toBe(true)
  expect(written).toBeLessThan(30_000_000)
  caller.socket.destroy()
  await expectNothingLeft(place)
})
