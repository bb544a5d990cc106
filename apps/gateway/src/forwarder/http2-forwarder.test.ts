import { once } from 'node:events'
import {
  createSecureServer,
  createServer,
  type Http2SecureServer,
  type Http2Server,
  type SecureServerOptions,
  type ServerHttp2Stream,
} from 'node:http2'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { pinOf } from '@portcullis/http1/client/upstream-tls'
import { makeAuthority } from '@portcullis/http1/fixture/make-certificate'
import { upstreamDeclaration } from '@portcullis/model/resource/upstream'
import { afterEach, describe, expect, test } from 'vitest'
import { openFront, shopRevision } from '../test-kit/front.ts'
import { exchangeRaw } from '../test-kit/raw.ts'

const authority = makeAuthority()
const shown = authority.issue(['127.0.0.1', 'backend.example'])
const trusting = { authorities: authority.certificate }

const opened: (() => unknown)[] = []
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close()
})

async function listening(server: Http2Server | Http2SecureServer): Promise<number> {
  server.on('session', (session) => {
    session.on('error', () => undefined)
    opened.push(() => session.destroy())
  })
  server.on('sessionError', () => undefined)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  opened.push(() => server.close())
  return (server.address() as AddressInfo).port
}

async function openTlsBackend(options: SecureServerOptions = {}): Promise<string> {
  const server = createSecureServer({ cert: shown.certificate, key: shown.key, ...options })
  server.on('stream', (stream) => {
    const socket = stream.session?.socket as { servername?: string } | undefined
    stream.respond({ ':status': 200, name: String(socket?.servername) })
    stream.end('over h2')
  })
  return `https://127.0.0.1:${await listening(server)}`
}

async function open(url: string, tls?: object, forwarder: object = {}) {
  const declared = upstreamDeclaration.parse({ targets: [{ url }], protocol: 'http2', ...(tls && { tls }) })
  const front = await openFront([shopRevision(declared)], { forwarder })
  opened.push(() => front.close(0))
  return front
}

async function call(url: string, tls?: object): Promise<unknown> {
  const front = await open(url, tls)
  const answer = await fetch(`${front.url}/shop/v1/things`)
  const text = await answer.text()
  return answer.status === 200 ? `${text} as ${answer.headers.get('name')}` : JSON.parse(text).code
}

const UNREACHABLE = 'gateway.upstream-unreachable'

describe('a backend that speaks HTTP/2 over TLS', () => {
  test('is trusted by the declared authority, asked for the declared name, and must have a pinned key', async () => {
    const url = await openTlsBackend()
    const named = { ...trusting, serverName: 'backend.example' }
    expect(await call(url, named)).toBe('over h2 as backend.example')
    expect(await call(url)).toBe(UNREACHABLE)
    expect(await call(url, { ...named, authorities: makeAuthority().certificate })).toBe(UNREACHABLE)
    expect(await call(url, { ...named, serverName: 'other.example' })).toBe(UNREACHABLE)
    expect(await call(url, { ...named, pins: [pinOf(shown.certificate)] })).toBe('over h2 as backend.example')
    const other = authority.issue(['other.example'])
    expect(await call(url, { ...named, pins: [pinOf(other.certificate)] })).toBe(UNREACHABLE)
  })

  test('is no such backend when it negotiates HTTP/1.1', async () => {
    const server = createHttpsServer({ cert: shown.certificate, key: shown.key }, (_, response) =>
      response.end(),
    )
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    opened.push(() => server.close())
    const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`
    expect(await call(url, trusting)).toMatch(/^gateway\.upstream-/)
  })
})

describe('backends that speak HTTP/2', () => {
  const held: ServerHttp2Stream[] = []
  const openSlowBackend = async (maxConcurrentStreams: number): Promise<string> => {
    const server = createServer({ settings: { maxConcurrentStreams } })
    server.on('stream', (stream) => {
      stream.on('error', () => undefined)
      held.push(stream)
    })
    return `http://127.0.0.1:${await listening(server)}`
  }

  test('have as many connections as `upstreamMaxConnections` allows, and those are counted', async () => {
    const url = await openSlowBackend(1)
    const front = await open(url, undefined, { maxConnectionsPerOrigin: 2 })
    const calls = [1, 2, 3].map(async () => (await fetch(`${front.url}/shop/v1/things`)).text())
    await expect.poll(() => front.forwarder.counts()).toEqual({ open: 2, connecting: 0, idle: 0, waiting: 1 })
    for (let i = 0; i < 3; i++) {
      await expect.poll(() => held.length).toBeGreaterThan(0)
      const stream = held.shift()
      stream?.respond({ ':status': 200 })
      stream?.end('done')
    }
    expect(await Promise.all(calls)).toEqual(['done', 'done', 'done'])
    await expect.poll(() => front.forwarder.counts()).toMatchObject({ open: 2, idle: 2, waiting: 0 })
  })

  test('get no WebSocket, and the refusal says why', async () => {
    const front = await open('http://127.0.0.1:1')
    front.pipeline.swap([
      shopRevision(
        upstreamDeclaration.parse({ targets: [{ url: 'http://127.0.0.1:1' }], protocol: 'http2' }),
        {
          policies: [{ policy: 'stand', config: {}, mode: 'enforce', failOpen: false }],
        },
      ),
    ])
    const raw = await exchangeRaw(
      front.port,
      'GET /shop/v1/things HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
      300,
    )
    expect(raw).toMatch(/^HTTP\/1\.1 501 /)
    expect(raw).toContain('"gateway.upgrade-unsupported"')
  })
})
