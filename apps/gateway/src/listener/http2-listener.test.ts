import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { type ClientHttp2Session, connect, type OutgoingHttpHeaders } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { createServer, type Socket } from 'node:net'
import { makeAuthority } from '@portcullis/http1/fixture/make-certificate'
import { flag, frame, get, headers, type } from '@portcullis/http2/fixture/frame'
import { RawClient } from '@portcullis/http2/fixture/raw-client'
import { collectingLog } from '@portcullis/ports/log/memory'
import { afterEach, describe, expect, test } from 'vitest'
import { forwarderLimits } from '../forwarder/forwarder.ts'
import { openHttp1Forwarder } from '../forwarder/http1-forwarder.ts'
import { listenerSamples } from '../metric/measure-thread.ts'
import { openPipeline } from '../pipeline.ts'
import { shopRevision, testClock, testPorts } from '../test-kit/front.ts'
import { testCatalog } from '../test-kit/policy.ts'
import { openHttp1Listener } from './http1-listener.ts'
import { type Address, listenerLimits } from './listener.ts'

const authority = makeAuthority()
const shown = authority.issue(['shop.example', '127.0.0.1'])
const tls = { certificates: [shown] as [typeof shown] }

const opened: (() => unknown)[] = []
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close()
})

/** A backend of HTTP/1.1 that notes every byte, and answers every head with `ok`. */
async function openByteBackend(): Promise<{ url: string; heard: () => string }> {
  let heard = ''
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('data', (bytes) => {
      heard += bytes.toString('latin1')
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  opened.push(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, heard: () => heard }
}

async function openGateway(address: Partial<Address>, backend: string) {
  const log = collectingLog()
  const forwarder = openHttp1Forwarder(forwarderLimits)
  const pipeline = openPipeline({
    catalog: testCatalog,
    ports: testPorts,
    forwarder,
    record: () => undefined,
    clock: testClock,
    log,
  })
  pipeline.swap([shopRevision(backend)])
  const listener = await openHttp1Listener(
    { host: '127.0.0.1', port: 0, ...address },
    pipeline,
    log,
    listenerLimits,
  )
  opened.push(async () => {
    await listener.close(0)
    pipeline.close()
    await forwarder.close()
  })
  return listener
}

function open(port: number, scheme: 'http' | 'https'): ClientHttp2Session {
  const session = connect(`${scheme}://127.0.0.1:${port}`, { ca: authority.certificate })
  session.on('error', () => undefined)
  opened.push(() => session.destroy())
  return session
}

async function ask(session: ClientHttp2Session, fields: OutgoingHttpHeaders, body?: string) {
  const stream = session.request(fields)
  stream.end(body)
  const [answer] = await once(stream, 'response')
  stream.setEncoding('utf8')
  let text = ''
  for await (const piece of stream) text += piece
  return { status: answer[':status'], fields: answer, text }
}

describe('a gateway', () => {
  test('counts what of HTTP/2 it refused, and what is open, apart from HTTP/1.1', async () => {
    const backend = await openByteBackend()
    const listener = await openGateway({ http2: 'cleartext' }, backend.url)
    const answer = await ask(open(listener.port, 'http'), { ':path': '/shop/v1/things', expect: 'a miracle' })
    expect(answer.status).toBe(417)
    expect(listener.counts()).toMatchObject({
      connections: 0,
      refused: {},
      http2: { connections: 1, refused: { 'unknown-expectation': 1 } },
    })
    const samples = listenerSamples(listener.counts()).map(({ series, value }) => `${series} ${value}`)
    expect(samples).toContain('portcullis_http2_refusals_total{reason="unknown-expectation"} 1')
    expect(samples).toContain('portcullis_http2_connections 1')
    expect(samples).toContain('portcullis_connections{state="idle"} 1')
    expect(samples).toContain('portcullis_connections{state="busy"} 0')
  })

  test('speaks HTTP/2 where TLS negotiates it, with the policies and the backends of HTTP/1.1', async () => {
    const backend = await openByteBackend()
    const { port } = await openGateway({ tls }, backend.url)
    const session = open(port, 'https')
    const answer = await ask(session, {
      ':path': '/shop/v1/things?a=b',
      te: 'trailers',
      cookie: ['a=1', 'b=2'],
    })
    expect(answer).toMatchObject({ status: 200, text: 'ok' })
    expect(answer.fields['portcullis-decision']).toMatch(/^dec_/)
    expect(session.alpnProtocol).toBe('h2')
    expect(backend.heard()).toMatch(/^GET \/things\?a=b HTTP\/1\.1\r\nHost: 127\.0\.0\.1:\d+\r\n/)
    expect(backend.heard()).toContain('cookie: a=1; b=2\r\n')
    expect(backend.heard()).toContain('X-Forwarded-Proto: https\r\n')
    expect(backend.heard()).toContain('\r\nTE: trailers\r\nConnection: TE\r\n')
  })

  test('speaks HTTP/1.1 to those who ask for nothing else, on the same port', async () => {
    const backend = await openByteBackend()
    const { port } = await openGateway({ tls }, backend.url)
    const { request } = await import('node:https')
    const asked = request({
      host: '127.0.0.1',
      port,
      path: '/shop/v1/things',
      ca: authority.certificate,
      agent: false,
    })
    asked.end()
    const [response] = await once(asked, 'response')
    expect(response).toMatchObject({ statusCode: 200, httpVersion: '1.1' })
    response.resume()
    await once(response, 'end')
  })

  test('refuses with problems and decisions, as over HTTP/1.1', async () => {
    const { port } = await openGateway({ tls }, 'http://127.0.0.1:1')
    const session = open(port, 'https')
    const nowhere = await ask(session, { ':path': '/nowhere' })
    expect(nowhere).toMatchObject({ status: 404, fields: { 'content-type': 'application/problem+json' } })
    expect(JSON.parse(nowhere.text)).toMatchObject({ code: 'gateway.no-operation' })
    const odd = await ask(session, { ':path': '/a%00' })
    expect(JSON.parse(odd.text)).toMatchObject({ code: 'gateway.malformed-request' })
    expect((await ask(session, { ':path': '*', ':method': 'OPTIONS' })).status).toBe(400)
    const unreachable = await ask(session, { ':path': '/shop/v1/things' })
    expect(JSON.parse(unreachable.text)).toMatchObject({ code: 'gateway.upstream-unreachable' })
  })

  test('does not speak it where that is turned off', async () => {
    const { port } = await openGateway({ tls, http2: 'off' }, 'http://127.0.0.1:1')
    const session = open(port, 'https')
    await expect(once(session, 'connect')).rejects.toThrow()
  })

  test('speaks it without TLS only where that is asked for, beside HTTP/1.1', async () => {
    const backend = await openByteBackend()
    const { port } = await openGateway({ http2: 'cleartext' }, backend.url)
    expect((await ask(open(port, 'http'), { ':path': '/shop/v1/things' })).text).toBe('ok')
    expect((await fetch(`http://127.0.0.1:${port}/shop/v1/things`)).status).toBe(200)
    const strict = await openGateway({}, backend.url)
    const client = await RawClient.open(strict.port)
    await expect.poll(() => client.isClosed).toBe(true)
    expect(client.frames).toEqual([])
  })

  test('lets calls end when it closes, and tells their client to go elsewhere', async () => {
    const held = Promise.withResolvers<void>()
    const server = createServer((socket) => {
      socket.on('error', () => undefined)
      socket.on('data', async () => {
        await held.promise
        socket.end('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlate')
      })
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    opened.push(() => server.close())
    const listener = await openGateway(
      { http2: 'cleartext' },
      `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    )
    const session = open(listener.port, 'http')
    const reached = once(server, 'connection')
    const answer = ask(session, { ':path': '/shop/v1/things' })
    await reached
    const told = once(session, 'goaway')
    const closed = listener.close(5_000)
    await told
    held.resolve()
    expect((await answer).text).toBe('late')
    await closed
  })
})

describe('a backend of HTTP/1.1 behind HTTP/2', () => {
  const posting = (more: [string, string][]) => get('/shop/v1/things', more).with(0, [':method', 'POST'])
  const smuggled = '0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n'
  const data = (text: string) => frame(type.data, flag.endStream, 1, Buffer.from(text))

  test.each<[string, Buffer[], number]>([
    [
      'content that looks like chunks and another request',
      [headers(1, posting([]), flag.endHeaders), data(smuggled)],
      1,
    ],
    [
      'a length that is less (H2.CL)',
      [headers(1, posting([['content-length', '0']]), flag.endHeaders), data(smuggled)],
      0,
    ],
    [
      'a coding (H2.TE)',
      [headers(1, posting([['transfer-encoding', 'chunked']]), flag.endHeaders), data(smuggled)],
      0,
    ],
    [
      'a line end in a value',
      [headers(1, get('/shop/v1/things', [['x', `a\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: x`]]))],
      1,
    ],
    ['a line end in the path', [headers(1, get('/shop/v1/things HTTP/1.1\r\nX: y'))], 0],
    ['a Host beside the authority', [headers(1, get('/shop/v1/things', [['host', 'other.example']]))], 0],
  ])('gets one request at most: %s', async (_, frames, count) => {
    const requests: string[] = []
    const backend = createHttpServer(async (request, response) => {
      let text = ''
      for await (const piece of request) text += piece
      requests.push(`${request.url} ${text}`)
      response.end()
    })
    backend.listen(0, '127.0.0.1')
    await once(backend, 'listening')
    opened.push(() => {
      backend.close()
      backend.closeAllConnections()
    })
    const { port } = await openGateway(
      { http2: 'cleartext' },
      `http://127.0.0.1:${(backend.address() as AddressInfo).port}`,
    )
    const client = await RawClient.open(port)
    opened.push(() => client.close())
    client.send(...frames)
    expect(await client.outcomeOf(1)).not.toBe('nothing')
    expect(requests).toHaveLength(count)
    for (const each of requests) expect(each).toMatch(/^\/things /)
  })
})
