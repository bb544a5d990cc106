import { X509Certificate } from 'node:crypto'
import { makeAuthority } from '@portcullis/http1/fixture/make-certificate'
import { afterEach, describe, expect, test } from 'vitest'
import { openHttp1Listener } from '../listener/http1-listener.ts'
import { type Listener, listenerLimits } from '../listener/listener.ts'
import { openBackend, valuesOf } from '../test-kit/backend.ts'
import { openFront, shopRevision } from '../test-kit/front.ts'
import { exchangeRaw, openRaw } from '../test-kit/raw.ts'
import type { TrustedProxies } from './read-caller.ts'

const behind = (...lines: string[]) =>
  ['GET /shop/v1/things HTTP/1.1', 'Host: api.example', ...lines, 'Connection: close', '', ''].join('\r\n')
const older: TrustedProxies['fields'] = ['x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-host']

describe('a gateway behind proxies that it trusts', () => {
  const closing: (() => Promise<unknown>)[] = []
  afterEach(async () => {
    for (const close of closing.splice(0).toReversed()) await close()
  })

  /** The gateway's listener with these proxies, before the pipeline of a front. */
  async function open(
    ranges: string[],
    fields: TrustedProxies['fields'] = older,
    limits: Partial<typeof listenerLimits> = {},
    proxyProtocol = false,
  ) {
    const backend = await openBackend()
    closing.push(() => backend.close())
    const front = await openFront([shopRevision(backend.url, { hosts: ['api.example', 'other.example'] })])
    closing.push(() => front.close(0))
    const seen: [string, string | undefined][] = []
    const certificates: (string | undefined)[] = []
    const address = { host: '127.0.0.1', port: 0, trustedProxies: { ranges, fields }, proxyProtocol }
    const door = {
      refuse: front.pipeline.refuse,
      handle(request: Parameters<typeof front.pipeline.handle>[0]) {
        seen.push([request.remoteAddress, request.scheme])
        const shown = request.tls?.clientCertificate
        certificates.push(shown && `${new X509Certificate(shown.der).subject} ${shown.verified}`)
        return front.pipeline.handle(request)
      },
    }
    const listener: Listener = await openHttp1Listener(address, door, front.log, {
      ...listenerLimits,
      ...limits,
    })
    closing.push(() => listener.close(0))
    return { listener, backend, seen, certificates }
  }

  test('takes the caller from them, and tells the backend of it alone', async () => {
    const { listener, backend, seen } = await open(['127.0.0.0/8'])
    const lines = [
      'X-Forwarded-For: 1.1.1.1, 192.0.2.1',
      'X-Forwarded-Proto: https',
      'Forwarded: for=6.6.6.6',
    ]
    expect(await exchangeRaw(listener.port, behind(...lines))).toMatch(/^HTTP\/1.1 200/)
    expect(seen).toEqual([['192.0.2.1', 'https']])
    const raw = backend.seen[0]?.rawHeaders ?? []
    expect(valuesOf(raw, 'x-forwarded-for')).toEqual(['192.0.2.1'])
    expect(valuesOf(raw, 'x-forwarded-proto')).toEqual(['https'])
    expect(valuesOf(raw, 'x-forwarded-host')).toEqual(['api.example'])
    expect(valuesOf(raw, 'forwarded')).toEqual(['for=192.0.2.1;host=api.example;proto=https'])
  })

  test('answers for the host that the caller asked them for, where they are known to tell it', async () => {
    const { listener, backend } = await open(['127.0.0.1'], ['forwarded'])
    const lines = ['Forwarded: for="[2001:db8::1]";host=other.example', 'X-Forwarded-Host: unknown.example']
    expect(await exchangeRaw(listener.port, behind(...lines))).toMatch(/^HTTP\/1.1 200/)
    const raw = backend.seen[0]?.rawHeaders ?? []
    expect(valuesOf(raw, 'x-forwarded-host')).toEqual(['other.example'])
    expect(valuesOf(raw, 'forwarded')).toEqual(['for="[2001:db8::1]";host=other.example;proto=http'])
    const elsewhere = behind('Forwarded: for=192.0.2.1;host=unknown.example')
    expect(await exchangeRaw(listener.port, elsewhere)).toMatch(/^HTTP\/1.1 404|^HTTP\/1.1 421/)
  })

  test('takes the caller from the PROXY protocol, and believes nothing that this caller says of others', async () => {
    const { listener, seen } = await open(['127.0.0.1', '10.0.0.0/8'], older, {}, true)
    const call = behind('X-Forwarded-For: 6.6.6.6')
    for (const source of ['192.0.2.1', '10.1.1.1']) {
      const header = `PROXY TCP4 ${source} 10.0.0.1 12345 443\r\n`
      expect(await exchangeRaw(listener.port, header + call)).toMatch(/^HTTP\/1.1 200/)
    }
    // The second came through a proxy of ours that speaks HTTP.
    expect(seen.map(([address]) => address)).toEqual(['192.0.2.1', '6.6.6.6'])
    expect(await exchangeRaw(listener.port, call).catch(() => '')).toBe('')
  })

  const authority = makeAuthority()
  const field = (...pems: string[]) =>
    pems.map((pem) => `Client-Cert: :${new X509Certificate(pem).raw.toString('base64')}:`)
  const caller = authority.issue(['caller.example']).certificate

  test('takes the certificate of the caller from them, where they are known to tell it (RFC 9440)', async () => {
    const fields = [...older, 'client-cert'] as const
    const { listener, certificates } = await open(['127.0.0.1'], fields)
    await exchangeRaw(listener.port, behind(...field(caller)))
    await exchangeRaw(listener.port, behind())
    expect(certificates).toEqual(['CN=caller.example true', undefined])
    const { listener: other, certificates: none } = await open(['127.0.0.1'])
    await exchangeRaw(other.port, behind(...field(caller)))
    const { listener: stranger, certificates: nobodys } = await open(['10.0.0.0/8'], fields)
    await exchangeRaw(stranger.port, behind(...field(caller)))
    expect([...none, ...nobodys]).toEqual([undefined, undefined])
  })

  test.each([
    ['twice', field(caller, caller)],
    ['as no byte sequence', ['Client-Cert: abc']],
    ['as a list', [`${field(caller)[0]}, ${field(caller)[0]?.slice(13)}`]],
    ['that is none', ['Client-Cert: :AAAA:']],
    ['in a base64 that is not ours', [`${field(caller)[0]?.replace(': :', ': :-')}`]],
  ])('takes no certificate that they tell %s', async (_, lines) => {
    const { listener, certificates } = await open(['127.0.0.1'], ['x-forwarded-for', 'client-cert'])
    expect(await exchangeRaw(listener.port, behind(...lines))).toMatch(/^HTTP\/1.1 200/)
    expect(certificates).toEqual([undefined])
  })

  test('lets no word of certificates through to the backend, whoever wrote it', async () => {
    for (const range of ['127.0.0.1', '10.0.0.0/8']) {
      const { listener, backend } = await open([range], ['x-forwarded-for', 'client-cert'])
      const lines = [...field(caller), 'Client-Cert-Chain: :AAAA:', 'client_cert: x']
      await exchangeRaw(listener.port, behind(...lines))
      const raw = backend.seen[0]?.rawHeaders.join(' ').toLowerCase()
      expect(raw).not.toMatch(/client.cert/)
    }
  })

  test('believes nobody else', async () => {
    const { listener, backend, seen } = await open(['127.0.0.2', '10.0.0.0/8'])
    const lines = [
      'X-Forwarded-For: 192.0.2.1',
      'X-Forwarded-Proto: https',
      'X-Forwarded-Host: unknown.example',
    ]
    expect(await exchangeRaw(listener.port, behind(...lines))).toMatch(/^HTTP\/1.1 200/)
    expect(seen).toEqual([['127.0.0.1', 'http']])
    expect(valuesOf(backend.seen[0]?.rawHeaders ?? [], 'x-forwarded-for')).toEqual(['127.0.0.1'])
  })

  test('takes from them as many connections as they need, and from others no more than one address may have', async () => {
    for (const [range, isServed] of [
      ['127.0.0.1', true],
      ['127.0.0.2', false],
    ] as const) {
      const { listener } = await open([range], older, { maxConnectionsPerAddress: 1 })
      const first = await openRaw(listener.port)
      const second = exchangeRaw(listener.port, behind())
      if (isServed) expect(await second).toMatch(/^HTTP\/1.1 200/)
      else expect(await second.catch(() => '')).toBe('')
      first.destroy()
    }
  })
})
