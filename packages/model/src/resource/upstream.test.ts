import { issuesOf } from '@portcullis/kernel/schema'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { normalizeUpstream, upstream, upstreamDeclaration, urlsOf } from './upstream.ts'

const two = [{ url: 'https://a.internal' }, { url: 'https://b.internal' }]

function pathsOf(value: unknown): string[] {
  return issuesOf(upstreamDeclaration, value).map(({ path }) => path)
}

describe('an upstream', () => {
  it('is one URL, which is one target with the defaults of every other', () => {
    expect(normalizeUpstream('https://a.internal')).toEqual(
      upstreamDeclaration.parse({ targets: [{ url: 'https://a.internal' }] }),
    )
  })

  it('has safe defaults: ejection with a cap, and a retry only of what was not sent', () => {
    expect(upstreamDeclaration.parse({ targets: two })).toEqual({
      targets: [
        { url: 'https://a.internal', weight: 1 },
        { url: 'https://b.internal', weight: 1 },
      ],
      balance: 'round-robin',
      health: { passive: { failures: 5, ejectFor: '30s', maxEjectedPercent: 50 } },
      retry: { attempts: 1, budgetPercent: 20, on: ['connect-failure'] },
      timeouts: {},
    })
  })

  it('asks its targets nothing, and breaks no circuit, unless that is declared', () => {
    const parsed = normalizeUpstream(
      upstreamDeclaration.parse({
        targets: two,
        health: { active: { path: '/health' } },
        circuitBreaker: {},
      }),
    )
    expect(parsed.health.active).toEqual({
      path: '/health',
      interval: '10s',
      timeout: '2s',
      healthyAfter: 2,
      unhealthyAfter: 3,
      expectStatus: [200, 204],
    })
    expect(parsed.circuitBreaker).toEqual({
      failurePercent: 50,
      minimumCalls: 20,
      window: '10s',
      openFor: '15s',
      trialCalls: 3,
    })
  })

  const PEM = '-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n'
  const pin = `${'A'.repeat(43)}=`

  it('says how its TLS is recognised, in one canonical form', () => {
    const tls = {
      authorities: PEM,
      clientCertificate: { certificate: PEM, key: 'backend-key' },
      serverName: 'backend.example',
      pins: [pin],
    }
    expect(upstreamDeclaration.parse({ targets: two, tls })).toMatchObject({
      tls: { ...tls, minVersion: '1.2' },
    })
  })

  it.each([
    [
      'a private key among certificates',
      { authorities: `${PEM}-----BEGIN PRIVATE KEY-----` },
      '/tls/authorities',
    ],
    ['authorities that are no PEM', { authorities: 'my-authority' }, '/tls/authorities'],
    [
      'a key that is declared',
      { clientCertificate: { certificate: PEM, key: PEM } },
      '/tls/clientCertificate/key',
    ],
    [
      'a certificate without a key',
      { clientCertificate: { certificate: PEM } },
      '/tls/clientCertificate/key',
    ],
    ['a server name that is an URL', { serverName: 'https://a.internal' }, '/tls/serverName'],
    ['a pin that is none', { pins: ['sha256/AAAA'] }, '/tls/pins/0'],
    ['an old version', { minVersion: '1.1' }, '/tls/minVersion'],
    ['verification switched off', { verify: false }, '/tls/verify'],
  ])('is refused with %s, at its place', (_, tls, path) => {
    expect(pathsOf({ targets: two, tls })).toEqual([path])
  })

  it('is refused with words about TLS and a target that has none', () => {
    const targets = [...two, { url: 'http://c.internal' }]
    expect(pathsOf({ targets, tls: {} })).toEqual(['/targets/2/url'])
  })

  it.each([
    ['no target', { targets: [] }, '/targets'],
    ['a URL with a password', { targets: [{ url: 'https://u:p@a.internal' }] }, '/targets/0/url'],
    ['an unknown key', { targets: two, sticky: true }, '/sticky'],
    ['an unknown key further in', { targets: two, retry: { on: [503], delay: '1s' } }, '/retry/delay'],
    ['an unknown balance', { targets: two, balance: 'random' }, '/balance'],
    ['a negative weight', { targets: [{ url: 'https://a.internal', weight: -1 }] }, '/targets/0/weight'],
    ['weights that are all 0', { targets: [{ url: 'https://a.internal', weight: 0 }] }, '/targets'],
    ['a target twice', { targets: [...two, { url: 'https://A.internal:443/' }] }, '/targets/2/url'],
    ['targets with other paths', { targets: [...two, { url: 'https://c.internal/v2' }] }, '/targets/2/url'],
    ['a retry after a reply that was fine', { targets: two, retry: { on: [200] } }, '/retry/on/0'],
    ['a time that is none', { targets: two, slowStart: '1 minute' }, '/slowStart'],
    ['a time out of bounds', { targets: two, timeouts: { attempt: '2h' } }, '/timeouts/attempt'],
    ['checks without a path', { targets: two, health: { active: {} } }, '/health/active/path'],
    [
      'checks that outlast their interval',
      { targets: two, health: { active: { path: '/', interval: '1s', timeout: '2s' } } },
      '/health/active/timeout',
    ],
    [
      'a check of another host',
      { targets: two, health: { active: { path: 'http://c.internal/' } } },
      '/health/active/path',
    ],
  ])('is refused with %s, at its place', (_, value, path) => {
    expect(pathsOf(value)).toEqual([path])
  })

  it('is read again without a change, whatever was declared', () => {
    const some = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined })
    const declared = fc.record({
      targets: fc.constant(two),
      balance: some(fc.constantFrom('round-robin', 'least-requests')),
      health: some(
        fc.record({
          active: some(fc.record({ path: fc.constantFrom('/', '/health?deep=1') })),
          passive: some(fc.record({ failures: fc.integer({ min: 1, max: 1000 }) })),
        }),
      ),
      circuitBreaker: some(fc.record({ failurePercent: fc.integer({ min: 1, max: 100 }) })),
      retry: some(fc.record({ attempts: fc.nat(5), on: fc.constantFrom([], ['no-answer'], [502, 503]) })),
      slowStart: some(fc.constantFrom('1s', '5m')),
    })
    fc.assert(
      fc.property(declared, (value) => {
        const once = upstreamDeclaration.parse(JSON.parse(JSON.stringify(value)))
        expect(JSON.stringify(upstreamDeclaration.parse(JSON.parse(JSON.stringify(once))))).toBe(
          JSON.stringify(once),
        )
        expect(upstream.parse(normalizeUpstream(once))).toEqual(once)
      }),
    )
  })

  it('knows where each of its URLs was written', () => {
    expect(urlsOf('https://a.internal')).toEqual([{ url: 'https://a.internal', keys: [] }])
    expect(urlsOf(upstreamDeclaration.parse({ targets: two })).map(({ keys }) => keys)).toEqual([
      ['targets', 0, 'url'],
      ['targets', 1, 'url'],
    ])
  })
})
