import { once } from 'node:events'
import { type ClientHttp2Session, type ClientHttp2Stream, connect } from 'node:http2'
import { atRest } from '@portcullis/http1/fixture/at-rest'
import { describe, expect, test } from 'vitest'
import { type Front, openFront, shopRevision } from '../test-kit/front.ts'
import { attach } from '../test-kit/policy.ts'
import { echoFrames, frameOf, openSocketBackend } from '../test-kit/web-socket.ts'

const TEXT = 1

interface Place extends AsyncDisposable {
  readonly front: Front
  readonly backend: Awaited<ReturnType<typeof openSocketBackend>>
  readonly session: ClientHttp2Session
  offer(
    fields?: Record<string, string>,
  ): Promise<{ stream: ClientHttp2Stream; status: number; bytes: () => Buffer }>
}

async function open(config: Record<string, unknown> | 'refuses' = {}): Promise<Place> {
  const backend = await openSocketBackend(echoFrames)
  const policies = config === 'refuses' ? [] : [attach('stand', config as never)]
  const front = await openFront([shopRevision(backend.url, { policies })], {
    address: { http2: 'cleartext' },
  })
  const session = connect(front.url)
  session.on('error', () => undefined)
  await once(session, 'remoteSettings')
  return {
    front,
    backend,
    session,
    async offer(fields = {}) {
      const stream = session.request({
        ':method': 'CONNECT',
        ':protocol': 'websocket',
        ':scheme': 'http',
        ':authority': 'a',
        ':path': '/shop/v1/things',
        'sec-websocket-version': '13',
        ...fields,
      })
      stream.on('error', () => undefined)
      let bytes = Buffer.alloc(0)
      stream.on('data', (piece: Buffer) => {
        bytes = Buffer.concat([bytes, piece])
      })
      const [headers] = await once(stream, 'response')
      return { stream, status: Number(headers[':status']), bytes: () => bytes }
    },
    async [Symbol.asyncDispose]() {
      session.destroy()
      await front.close(0)
      await backend[Symbol.asyncDispose]()
    },
  }
}

const endings = ({ front }: Place) => front.decisions.flatMap((each) => each.ending ?? [])

describe('a WebSocket on a stream of HTTP/2', () => {
  test('passes frames both ways beside other streams, and ends as one on a connection of its own', async () => {
    await using place = await open({ client: 'till' })
    expect(place.session.remoteSettings?.enableConnectProtocol).toBe(true)
    const { stream, status, bytes } = await place.offer({ 'sec-websocket-protocol': 'orders.v1' })
    expect(status).toBe(200)
    expect(place.backend.offers[0]?.join(' ')).toMatch(/Sec-WebSocket-Key/i)
    expect(place.backend.offers[0]).toContain('orders.v1')
    const other = await place.offer()
    stream.write(frameOf(TEXT, 'hello', true))
    other.stream.write(frameOf(TEXT, 'beside', true))
    await expect.poll(() => bytes().toString()).toContain('hello')
    await expect.poll(() => other.bytes().toString()).toContain('beside')
    expect(place.front.pipeline.standing.counts()).toMatchObject([{ kind: 'websocket', count: 2 }])
    stream.write(frameOf(8, Buffer.from([3, 232]), true))
    await expect.poll(() => stream.destroyed).toBe(true)
    expect(stream.rstCode).toBe(0)
    await expect.poll(() => endings(place)).toMatchObject([{ kind: 'websocket', reason: 'closed-by-caller' }])
    expect(place.front.pipeline.standing.counts()).toMatchObject([{ count: 1 }])
    expect(place.session.destroyed).toBe(false)
  })

  test('is closed with its token, and the stream ends', async () => {
    await using place = await open({ lifeMillis: 80 })
    const { stream, bytes } = await place.offer()
    await expect.poll(() => bytes().toString()).toContain('token expired')
    stream.write(frameOf(8, Buffer.from([3, 240]), true))
    await expect.poll(() => stream.destroyed).toBe(true)
    expect(endings(place)).toMatchObject([{ reason: 'token-expired', closeCode: 1008 }])
    await expect.poll(() => place.backend.open()).toBe(0)
  })

  test('whose caller resets the stream lets go of the backend, and the connection stays', async () => {
    await using place = await open()
    const { stream } = await place.offer()
    stream.close(8)
    await expect.poll(() => place.backend.open()).toBe(0)
    expect(endings(place)).toMatchObject([{ reason: 'caller-gone' }])
    expect(place.front.pipeline.standing.counts()).toEqual([])
    expect((await place.offer()).status).toBe(200)
  })

  test('is refused where no step permits it, and the backend hears nothing', async () => {
    await using place = await open('refuses')
    const { stream, status } = await place.offer()
    expect(status).toBe(403)
    await expect.poll(() => stream.destroyed).toBe(true)
    expect(place.backend.offers).toEqual([])
    expect(place.front.decisions[0]).toMatchObject({ code: 'gateway.upgrade-refused' })
  })

  test.each([
    ['another protocol', { ':protocol': 'connect-udp' }, 501],
    ['another version', { 'sec-websocket-version': '8' }, 426],
    ['a length', { 'content-length': '5' }, 400],
  ])('is refused with %s', async (_, fields, status) => {
    await using place = await open()
    expect((await place.offer(fields)).status).toBe(status)
    expect(place.backend.offers).toEqual([])
  })

  test('of a caller who reads nothing waits with its backend', async () => {
    await using place = await open({
      terms: { maxFrameBytes: 100_000, maxMessageBytes: 100_000, idleMillis: 60_000 },
    })
    const { stream } = await place.offer()
    stream.pause()
    const [socket] = place.backend.sockets
    let written = 0
    const frame = frameOf(2, Buffer.alloc(60_000), false)
    const fill = (): void => {
      while (written < 50_000_000 && socket?.write(frame)) written += frame.length
    }
    socket?.on('drain', fill)
    fill()
    await expect
      .poll(
        atRest(() => written),
        { interval: 100 },
      )
      .toBe(true)
    expect(written).toBeLessThan(30_000_000)
  })
})
