import { once } from 'node:events'
import { createServer, type ServerOptions } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { pinOf } from '@portcullis/http1/client/upstream-tls'
import { makeAuthority } from '@portcullis/http1/fixture/make-certificate'
import { normalizeUpstream, upstreamDeclaration } from '@portcullis/model/resource/upstream'
import { openMemoryVault } from '@portcullis/ports/vault/memory'
import { afterEach, describe, expect, test } from 'vitest'
import { type Front, openFront, shopRevision } from '../test-kit/front.ts'
import { upstreamTlsOf } from './upstream-tls.ts'

const authority = makeAuthority()
const shown = authority.issue(['127.0.0.1', 'backend.example'])
const ours = authority.issue(['gateway.example'])
const vault = openMemoryVault({ 'gateway-key': ours.key, 'other-key': shown.key })
const trusting = { authorities: authority.certificate }
const mutual = { ...trusting, clientCertificate: { certificate: ours.certificate, key: 'gateway-key' } }

interface TlsBackend {
  readonly url: string
  /** Of every handshake: the name that was asked for, and whose certificate came. */
  readonly shaken: { readonly name: unknown; readonly subject: string | undefined }[]
}

const opened: { close(): unknown }[] = []
afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.close()
})

async function openTlsBackend(options: ServerOptions = {}): Promise<TlsBackend> {
  const shaken: TlsBackend['shaken'] = []
  const server = createServer(
    { cert: shown.certificate, key: shown.key, ...options },
    (request, response) => void response.end(request.url),
  )
  server.on('secureConnection', (socket: TLSSocket) =>
    shaken.push({
      name: (socket as { servername?: unknown }).servername,
      subject: socket.getPeerX509Certificate()?.subject,
    }),
  )
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  opened.push({
    close() {
      server.close()
      server.closeAllConnections()
    },
  })
  return { url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`, shaken }
}

const declared = (url: string, tls?: object, more: object = {}) =>
  upstreamDeclaration.parse({ targets: [{ url }], ...(tls && { tls }), ...more })

/** The status of a call, and the code of a refusal. */
async function call(front: Front): Promise<unknown> {
  const answer = await fetch(`${front.url}/shop/v1/things`)
  const text = await answer.text()
  return answer.status === 200 ? 200 : JSON.parse(text).code
}

async function open(url: string, tls?: object, more?: object): Promise<Front> {
  const front = await openFront([shopRevision(declared(url, tls, more))], {}, { vault })
  opened.push({ close: () => front.close(0) })
  return front
}

const UNREACHABLE = 'gateway.upstream-unreachable'

describe('a backend over TLS', () => {
  test('is trusted when its certificate comes from the declared authority, and from no other', async () => {
    const { url } = await openTlsBackend()
    expect(await call(await open(url, trusting))).toBe(200)
    expect(await call(await open(url))).toBe(UNREACHABLE)
    expect(await call(await open(url, { authorities: makeAuthority().certificate }))).toBe(UNREACHABLE)
  })

  test('is shown our certificate, whose key comes from the vault, and refuses us without', async () => {
    const backend = await openTlsBackend({
      requestCert: true,
      rejectUnauthorized: true,
      ca: authority.certificate,
    })
    expect(await call(await open(backend.url, mutual))).toBe(200)
    expect(backend.shaken[0]?.subject).toBe('CN=gateway.example')
    expect(await call(await open(backend.url, trusting))).not.toBe(200)
  })

  test('is asked for the declared name and must bear it', async () => {
    const backend = await openTlsBackend()
    expect(await call(await open(backend.url, { ...trusting, serverName: 'backend.example' }))).toBe(200)
    expect(backend.shaken.map(({ name }) => name)).toEqual(['backend.example'])
    expect(await call(await open(backend.url, { ...trusting, serverName: 'other.example' }))).toBe(
      UNREACHABLE,
    )
  })

  test('must have a pinned key where keys are pinned', async () => {
    const { url } = await openTlsBackend()
    const pins = [pinOf(ours.certificate), pinOf(shown.certificate)]
    expect(await call(await open(url, { ...trusting, pins }))).toBe(200)
    expect(await call(await open(url, { ...trusting, pins: pins.slice(0, 1) }))).toBe(UNREACHABLE)
  })

  test('must speak the oldest version that is declared', async () => {
    const { url } = await openTlsBackend({ maxVersion: 'TLSv1.2' })
    expect(await call(await open(url, trusting))).toBe(200)
    expect(await call(await open(url, { ...trusting, minVersion: '1.3' }))).toBe(UNREACHABLE)
  })

  test('is recognised the same way by checks, and where targets are chosen', async () => {
    const backend = await openTlsBackend({
      requestCert: true,
      rejectUnauthorized: true,
      ca: authority.certificate,
    })
    const front = await open(backend.url, mutual, {
      circuitBreaker: {},
      health: {
        active: { path: '/health', interval: '1s', timeout: '1s', healthyAfter: 1, unhealthyAfter: 1 },
      },
    })
    expect(await call(front)).toBe(200)
    await expect.poll(() => backend.shaken.length).toBeGreaterThan(0)
    expect(front.pipeline.upstreams()[0]?.targets[0]).toMatchObject({ fit: true })
  })

  test('keeps its connections when a revision comes that says the same of it', async () => {
    const backend = await openTlsBackend()
    const front = await open(backend.url, trusting)
    await call(front)
    front.pipeline.swap([shopRevision(declared(backend.url, trusting), { number: 2 })])
    await call(front)
    expect(backend.shaken).toHaveLength(1)
    front.pipeline.swap([
      shopRevision(declared(backend.url, { ...trusting, minVersion: '1.3' }), { number: 3 }),
    ])
    await call(front)
    expect(backend.shaken).toHaveLength(2)
  })
})

describe('a revision', () => {
  const upstream = (tls: object) => normalizeUpstream(declared('https://backend.example', tls))

  test('is refused when the secret of its client certificate is not there', () => {
    const wanting = { ...mutual, clientCertificate: { certificate: ours.certificate, key: 'nowhere' } }
    expect(() => upstreamTlsOf(upstream(wanting), vault)).toThrow(
      expect.objectContaining({ code: 'vault.unknown' }),
    )
  })

  test('is refused when the key belongs to another certificate', async () => {
    const mixed = { ...mutual, clientCertificate: { certificate: ours.certificate, key: 'other-key' } }
    const front = await openFront([], {}, { vault })
    opened.push({ close: () => front.close(0) })
    const load = front.pipeline.load(shopRevision(declared('https://backend.example', mixed)))
    await expect(load).rejects.toMatchObject({ code: 'revision.bad-content' })
  })

  test('brings another key into force when the secret has changed, and else none', () => {
    const made = upstreamTlsOf(upstream(mutual), vault)
    expect(upstreamTlsOf(upstream(mutual), vault)).toBe(made)
    const again = authority.issue(['gateway.example'])
    const renewed = { ...mutual, clientCertificate: { certificate: again.certificate, key: 'gateway-key' } }
    expect(upstreamTlsOf(upstream(renewed), openMemoryVault({ 'gateway-key': again.key }))).not.toBe(made)
  })
})
