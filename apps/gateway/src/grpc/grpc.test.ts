import { once } from 'node:events'
import {
  type ClientHttp2Session,
  connect,
  createServer,
  type OutgoingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2'
import type { AddressInfo } from 'node:net'
import type { Revision } from '@portcullis/model/revision'
import { collectingLog } from '@portcullis/ports/log/memory'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { forwarderLimits } from '../forwarder/forwarder.ts'
import { listenerLimits } from '../listener/listener.ts'
import { openForwarder, openListener } from '../listener/open-engine.ts'
import { openPipeline } from '../pipeline.ts'
import { shopRevision, testClock, testPorts } from '../test-kit/front.ts'
import { attach, testCatalog } from '../test-kit/policy.ts'
import { grpcMessage, grpcStatusOf } from './grpc-status.ts'
import { readGrpcTimeout } from './grpc-timeout.ts'

const opened: (() => unknown)[] = []
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close()
})

async function openBackend(
  answer: (stream: ServerHttp2Stream, headers: Record<string, unknown>) => void,
): Promise<string> {
  const server = createServer()
  server.on('session', (session) => {
    session.on('error', () => undefined)
    opened.push(() => session.destroy())
  })
  server.on('stream', (stream, headers) => {
    stream.on('error', () => undefined)
    answer(stream, headers)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  opened.push(() => server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function openGateway(revision: Revision): Promise<ClientHttp2Session> {
  const log = collectingLog()
  const forwarder = openForwarder(forwarderLimits)
  const pipeline = openPipeline({
    catalog: testCatalog,
    ports: testPorts,
    forwarder,
    record: () => undefined,
    clock: testClock,
    log,
  })
  pipeline.swap([revision])
  const listener = await openListener(
    { host: '127.0.0.1', port: 0, http2: 'cleartext' },
    pipeline,
    log,
    listenerLimits,
  )
  const session = connect(`http://127.0.0.1:${listener.port}`)
  session.on('error', () => undefined)
  opened.push(async () => {
    session.destroy()
    await listener.close(0)
    pipeline.close()
    await forwarder.close()
  })
  return session
}

const http2 = (url: string, more: object = {}) =>
  shopRevision({ ...shopRevision(url).apis[0]?.upstream, protocol: 'http2', ...more } as Parameters<
    typeof shopRevision
  >[0])

interface Answer {
  readonly headers: Record<string, unknown>
  readonly text: string
  readonly trailers: Record<string, unknown>
  readonly code: number
}

async function call(
  session: ClientHttp2Session,
  more: OutgoingHttpHeaders = {},
  body = 'message',
  onText: () => void = () => undefined,
): Promise<Answer> {
  const stream = session.request({
    ':method': 'POST',
    ':path': '/shop/v1/things',
    'content-type': 'application/grpc',
    te: 'trailers',
    ...more,
  })
  stream.end(body)
  let headers = {}
  let trailers = {}
  let text = ''
  stream.on('response', (each) => {
    headers = each
  })
  stream.on('trailers', (each) => {
    trailers = each
  })
  stream.setEncoding('latin1')
  stream.on('data', (piece) => {
    text += piece
    onText()
  })
  stream.on('error', () => undefined)
  await new Promise((resolve) => stream.once('close', resolve))
  return { headers, text, trailers, code: stream.rstCode ?? 0 }
}

describe('a call of gRPC', () => {
  test('reaches a backend of HTTP/2, and its trailers come back', async () => {
    const url = await openBackend((stream, headers) => {
      stream.respond(
        { 'content-type': 'application/grpc', te: undefined, told: String(headers.te) },
        { waitForTrailers: true },
      )
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0', 'checksum-bin': 'AA==' }))
      stream.pipe(stream)
    })
    const session = await openGateway(http2(url))
    const answer = await call(session)
    expect(answer).toMatchObject({
      text: 'message',
      trailers: { 'grpc-status': '0', 'checksum-bin': 'AA==' },
      code: 0,
    })
    expect(answer.headers).toMatchObject({ ':status': 200, told: 'trailers' })
    expect(answer.headers['portcullis-decision']).toMatch(/^dec_/)
  })

  test('that is refused gets a status of gRPC in place of a problem', async () => {
    const session = await openGateway(http2('http://127.0.0.1:1'))
    const nowhere = await call(session, { ':path': '/nowhere' })
    expect(nowhere.headers).toMatchObject({
      ':status': 200,
      'content-type': 'application/grpc',
      'grpc-status': '12',
    })
    expect(nowhere.headers['grpc-message']).toMatch(/^There is no such operation/)
    expect(nowhere.headers['portcullis-decision']).toMatch(/^dec_/)
    expect(nowhere.text).toBe('')
    expect((await call(session)).headers).toMatchObject({ 'grpc-status': '14' })
    expect((await call(session, { 'content-type': 'application/json' })).headers[':status']).toBe(502)
  })

  test('that takes longer than its caller gave it ends with that status, and so does the backend’s work', async () => {
    let closed = 0
    const url = await openBackend((stream) => stream.on('close', () => closed++))
    const session = await openGateway(http2(url))
    // On a busy machine the time may be over before the backend has heard of the call.
    const closedAfterCall = async () => {
      const { headers } = await call(session, { 'grpc-timeout': '50m' })
      expect(headers).toMatchObject({ ':status': 200, 'grpc-status': '4' })
      return closed
    }
    await expect.poll(closedAfterCall).toBeGreaterThan(0)
    expect((await call(session, { 'grpc-timeout': '1 hour' })).headers).toMatchObject({ 'grpc-status': '13' })
  })

  test('whose time is over in the middle of its messages ends with that status', async () => {
    const url = await openBackend((stream) => {
      stream.respond({ 'content-type': 'application/grpc+proto' })
      stream.write('one')
    })
    const session = await openGateway(http2(url))
    await expect
      .poll(() => call(session, { 'grpc-timeout': '500m' }))
      .toMatchObject({ text: 'one', trailers: { 'grpc-status': '4' }, code: 0 })
  })

  test('that goes on for longer than its token ends with the status of a call without one', async () => {
    const closed = Promise.withResolvers<void>()
    const url = await openBackend((stream) => {
      stream.once('close', closed.resolve)
      stream.respond({ 'content-type': 'application/grpc+proto' })
      stream.write('one')
    })
    const revision = http2(url)
    const policies = [attach('stand', { lifeMillis: 60_000 })]
    const session = await openGateway({ ...revision, policies })
    vi.useFakeTimers({ toFake: ['Date'] })
    const liveOut = (): void => void vi.setSystemTime(Date.now() + 60_000)
    const answer = await call(session, {}, 'message', liveOut)
    vi.useRealTimers()
    expect(answer).toMatchObject({ text: 'one', trailers: { 'grpc-status': '16' }, code: 0 })
    expect(answer.trailers['grpc-message']).toBe('token expired')
    await closed.promise
  })

  test('whose backend breaks off ends with a status, and never looks complete', async () => {
    const url = await openBackend((stream) => {
      stream.respond({ 'content-type': 'application/grpc' })
      stream.write('half')
      setTimeout(() => stream.destroy(new Error('gone')), 10)
    })
    const answer = await call(await openGateway(http2(url)))
    expect(answer).toMatchObject({ text: 'half', trailers: { 'grpc-status': '14' } })
  })

  test('is balanced and sent elsewhere as any other', async () => {
    const url = await openBackend((stream) => {
      stream.respond({ 'content-type': 'application/grpc', 'grpc-status': '0' }, { endStream: true })
    })
    const session = await openGateway(
      http2(url, {
        targets: [
          { url: 'http://127.0.0.1:1', weight: 1 },
          { url, weight: 1 },
        ],
      }),
    )
    for (let i = 0; i < 4; i++) expect((await call(session)).headers).toMatchObject({ 'grpc-status': '0' })
  })

  test('goes both ways at once', async () => {
    const url = await openBackend((stream) => {
      stream.respond({ 'content-type': 'application/grpc' })
      stream.pipe(stream)
    })
    const session = await openGateway(http2(url))
    const stream = session.request({
      ':method': 'POST',
      ':path': '/shop/v1/things',
      'content-type': 'application/grpc',
    })
    for (const word of ['a', 'b', 'c']) {
      stream.write(word)
      expect(String((await once(stream, 'data'))[0])).toBe(word)
    }
    stream.end()
    await once(stream, 'end')
  })
})

test.each([
  ['1S', 1_000],
  ['250m', 250],
  ['99999999H', 2 ** 31 - 1],
  ['1n', 1],
  ['2M', 120_000],
  ['1', undefined],
  ['-1S', undefined],
  ['123456789S', undefined],
  ['1s', undefined],
  ['', undefined],
])('the timeout %s is %s ms', (text, millis) => expect(readGrpcTimeout(text)).toBe(millis))

test('statuses of HTTP have those of gRPC that its documents give them', () => {
  const statuses = [400, 401, 403, 404, 429, 500, 502, 503, 504].map(grpcStatusOf)
  expect(statuses).toEqual([13, 16, 7, 12, 14, 2, 14, 14, 14])
})

test('a message has nothing but printable ASCII', () => {
  expect(grpcMessage('100 % größer\n')).toBe('100 %25 gr%C3%B6%C3%9Fer%0A')
})
