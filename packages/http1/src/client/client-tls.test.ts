import type { TLSSocket } from 'node:tls'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { makeAuthority } from '../fixture/make-certificate.ts'
import type { ClientError } from './client-error.ts'
import { answering, get, OK, openRawBackend, type RawBackend, textOf } from './fixture/raw-backend.ts'
import { type Http1Client, openHttp1Client } from './open-http1-client.ts'
import { pinOf, type UpstreamTls } from './upstream-tls.ts'

const authority = makeAuthority()
const own = authority.issue(['127.0.0.1', 'backend.example'])
const trusting: UpstreamTls = { authorities: authority.certificate }

const clients: Http1Client[] = []

function open(): Http1Client {
  const client = openHttp1Client()
  clients.push(client)
  return client
}

afterEach(() => {
  for (const client of clients.splice(0)) client.close()
  vi.unstubAllEnvs()
})

function openBackend(more: object = {}): Promise<RawBackend> {
  return openRawBackend(answering(OK), { cert: own.certificate, key: own.key, ...more })
}

function ask(backend: RawBackend, tls?: UpstreamTls, client = open()): Promise<string> {
  return client.request(backend.origin, get(), tls).then(
    (answer) => textOf(answer.body),
    (error: ClientError) => error.reason,
  )
}

describe('a client over TLS', () => {
  test('trusts a server whose certificate comes from the authority that was named', async () => {
    await using backend = await openBackend()
    expect(await ask(backend, trusting)).toBe('ok')
  })

  test('trusts nobody else, and no variable of the environment changes that', async () => {
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0')
    await using backend = await openBackend()
    const client = open()
    expect(await ask(backend, undefined, client)).toBe('untrusted')
    expect(await ask(backend, { authorities: makeAuthority().certificate }, client)).toBe('untrusted')
    expect(client.counts().open).toBe(0)
  })

  test.each([
    ['for another name', authority.issue(['127.0.0.2', 'other.example'])],
    ['that has expired', authority.issue(['127.0.0.1'], true)],
  ])('refuses a certificate %s', async (_, { certificate, key }) => {
    await using backend = await openBackend({ cert: certificate, key })
    expect(await ask(backend, trusting)).toBe('untrusted')
  })

  test('asks for the name that was given, and demands a certificate for it', async () => {
    let asked: unknown
    await using backend = await openRawBackend(
      (connection, index) => {
        asked = (connection.socket as TLSSocket).servername
        return answering(OK)(connection, index)
      },
      { cert: own.certificate, key: own.key },
    )
    expect(await ask(backend, { ...trusting, serverName: 'backend.example' })).toBe('ok')
    expect(asked).toBe('backend.example')
    expect(await ask(backend, { ...trusting, serverName: 'other.example' })).toBe('untrusted')
  })

  test('names no server where the origin is an address (RFC 6066 §3)', async () => {
    let asked: unknown
    await using backend = await openRawBackend(
      (connection, index) => {
        asked = (connection.socket as TLSSocket).servername
        return answering(OK)(connection, index)
      },
      { cert: own.certificate, key: own.key },
    )
    expect(await ask(backend, trusting)).toBe('ok')
    expect(asked).toBe(false)
  })

  test('demands a pinned key where keys are pinned, beyond the authority', async () => {
    await using backend = await openBackend()
    const pins = [pinOf(own.certificate)]
    expect(await ask(backend, { ...trusting, pins: [pinOf(authority.certificate), ...pins] })).toBe('ok')
    expect(await ask(backend, { ...trusting, pins: [pinOf(authority.certificate)] })).toBe('untrusted')
    expect(await ask(backend, { pins })).toBe('untrusted')
  })

  test('shows its own certificate to a server that asks for one', async () => {
    await using backend = await openBackend({ requestCert: true, ca: authority.certificate })
    const mine = authority.issue(['gateway.example'])
    expect(await ask(backend, { ...trusting, certificate: mine.certificate, key: mine.key })).toBe('ok')
    expect(await ask(backend, trusting)).not.toBe('ok')
  })

  test('refuses settings that cannot be read, before anything is sent', async () => {
    await using backend = await openBackend()
    expect(await ask(backend, { ...trusting, certificate: 'none', key: 'none' })).toBe('bad-settings')
    expect(backend.connections).toHaveLength(0)
  })

  test('shortens the next handshake by the session of the one before', async () => {
    const reused: boolean[] = []
    await using backend = await openRawBackend(
      async (connection) => {
        reused.push((connection.socket as TLSSocket).isSessionReused())
        await connection.readHead()
        connection.write('HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok')
      },
      { cert: own.certificate, key: own.key },
    )
    const client = open()
    expect([await ask(backend, trusting, client), await ask(backend, trusting, client)]).toEqual(['ok', 'ok'])
    expect(reused).toEqual([false, true])
  })

  test('never carries a request over a connection that was trusted on other terms', async () => {
    await using backend = await openBackend()
    const client = open()
    expect(await ask(backend, trusting, client)).toBe('ok')
    expect(await ask(backend, { ...trusting, pins: ['AAAA'] }, client)).toBe('untrusted')
    expect(await ask(backend, undefined, client)).toBe('untrusted')
    expect(await ask(backend, trusting, client)).toBe('ok')
    expect(backend.connections.filter((each) => !each.isClosed)).toHaveLength(1)
  })

  test('carries 1 MB in each direction', async () => {
    const size = 1_000_000
    await using backend = await openRawBackend(
      async (connection) => {
        await connection.readHead()
        while (connection.received.length < size) await new Promise((resolve) => setTimeout(resolve, 5))
        connection.write(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n${connection.received}`)
      },
      { cert: own.certificate, key: own.key },
    )
    const body = Buffer.alloc(size, 'portcullis ')
    const answer = await open().request(backend.origin, get({ method: 'PUT', body }), trusting)
    expect(await textOf(answer.body)).toBe(body.toString())
  })
})
