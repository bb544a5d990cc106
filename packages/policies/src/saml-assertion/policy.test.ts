import { anyPolicy, type Ports } from '@portcullis/policy-kit/policy'
import { bindFor, runThrough, testExchange, testRevision } from '@portcullis/policy-kit/test-kit'
import { manualClock } from '@portcullis/ports/clock/memory'
import { awayCounters } from '@portcullis/ports/counters/away'
import { openMemoryCounters } from '@portcullis/ports/counters/memory'
import { openMemoryVault } from '@portcullis/ports/vault/memory'
import { describe, expect, it } from 'vitest'
import { openTestIdp, TEST_ISSUER } from '../assertion/test-idp.ts'
import { samlAssertion } from './policy.ts'

const NOW = Date.UTC(2026, 0, 1)
const policy = anyPolicy(samlAssertion)
const revision = testRevision(
  {},
  {
    schemes: { staff: { type: 'http', scheme: 'SAML' } },
    operations: [{ id: 'a', method: 'GET', path: '/items', security: [{ staff: [] }], policies: [] }],
  },
)
const config = {
  issuers: [TEST_ISSUER],
  app: 'intranet',
  groups: 'memberOf',
  roles: { warehouse: ['clerk', 'picker'] },
  claims: { mail: 'urn:oid:mail', sites: 'urn:oid:site' },
}
const saml = (xml: string): string => `SAML ${Buffer.from(xml).toString('base64')}`

function gateway(changes: object = {}, ports: Partial<Ports> = {}) {
  const clock = manualClock(NOW)
  const idp = openTestIdp()
  let verified = 0
  const all: Partial<Ports> = {
    assertions: {
      ...idp.assertions,
      verify: (...asked) => {
        verified++
        return idp.assertions.verify(...asked)
      },
    },
    counters: openMemoryCounters(clock),
    vault: openMemoryVault({}),
    ...ports,
  }
  const attachment = { config: { ...config, ...changes } as never }
  const steps = bindFor(policy, attachment, testExchange({ revision }), all)
  const send = (headers: Record<string, string>, { at = 0, from = '192.0.2.1', der = '' } = {}) => {
    clock.set(NOW + at)
    const tls = {
      version: 'TLSv1.3',
      cipher: 'x',
      serverName: undefined,
      clientCertificate: der === '' ? undefined : { der: Buffer.from(der), verified: false },
    }
    return runThrough(
      steps,
      testExchange({ revision, headers, receivedAt: NOW + at, remoteAddress: from, tls }),
    )
  }
  const codeOf = async (authorization: string, where: Parameters<typeof send>[1] = {}) => {
    const { ending, x } = await send({ Authorization: authorization }, where)
    if (ending?.verdict !== 'refuse') return x.principal?.subject
    expect(x.principal).toBeUndefined()
    return ending.fault.code
  }
  return { idp, send, codeOf, verifications: () => verified }
}

describe('saml-assertion', () => {
  it.each<[string, (good: string) => string, string | undefined]>([
    ['an assertion', (good) => good, 'ada'],
    ['the scheme in any case', (good) => good.replace('SAML', 'sAmL'), 'ada'],
    ['base64 of URLs', (good) => good.replace('=', ''), 'ada'],
    ['a token', () => 'Bearer abc', undefined],
    ['another scheme that begins alike', (good) => good.replace('SAML', 'SAML2'), undefined],
    ['something that nobody signed', () => saml('<a/>'), 'saml-assertion.refused'],
    ['nothing', () => 'SAML', 'saml-assertion.bad-request'],
    ['no base64', () => 'SAML <a/>', 'saml-assertion.bad-request'],
    [
      'Latin-1',
      () => `SAML ${Buffer.from('<é/>', 'latin1').toString('base64')}`,
      'saml-assertion.bad-request',
    ],
    ['too much', () => saml(' '.repeat(40_000)), 'saml-assertion.bad-request'],
  ])('with %s', async (_, change, expected) => {
    const { idp, codeOf } = gateway()
    expect(await codeOf(change(saml(idp.assert(NOW))))).toBe(expected)
  })

  it('tells who it is, in whose name, and what the issuer says', async () => {
    const { idp, send } = gateway()
    const xml = idp.assert(NOW, {
      attributes: {
        memberOf: ['warehouse', 'chess'],
        'urn:oid:mail': ['a@b'],
        'urn:oid:site': ['1', '2'],
        other: ['x'],
      },
      authentication: { at: NOW - 1_000, contextClass: 'urn:password' },
    })
    const { x } = await send({ Authorization: saml(xml) })
    expect(x.principal).toMatchObject({
      schemes: ['staff'],
      issuer: 'https://idp.example',
      client: 'intranet',
      subject: 'ada',
      expiresAt: NOW + 330_000,
      authentication: { at: NOW - 1_000, context: 'urn:password' },
      claims: { mail: 'a@b', sites: ['1', '2'] },
    })
    expect([...(x.principal?.roles ?? []), ...(x.principal?.groups ?? [])]).toEqual([
      'clerk',
      'picker',
      'warehouse',
      'chess',
    ])
    expect(Object.keys(x.principal?.claims ?? {})).toEqual(['mail', 'sites'])
    expect(x.outgoingHeaders().has('authorization')).toBe(false)
  })

  it('reads a field of its own, and keeps it from the backend', async () => {
    const { idp, send } = gateway({ header: 'X-SAML' })
    const base64 = saml(idp.assert(NOW)).slice(5)
    const { x } = await send({ 'X-SAML': base64 })
    expect([x.principal?.subject, x.outgoingHeaders().has('x-saml')]).toEqual(['ada', false])
    expect((await send({ Authorization: `SAML ${base64}` })).x.principal).toBeUndefined()
  })

  it('takes the name from an attribute where that is said, one alone', async () => {
    const { idp, codeOf } = gateway({ subject: 'uid' })
    const attributes = (uid: string[]) => saml(idp.assert(NOW, { attributes: { uid } }))
    expect(await codeOf(attributes(['a17']))).toBe('a17')
    for (const wrong of [[], ['a17', 'a18'], ['']])
      expect(await codeOf(attributes(wrong))).toBe('saml-assertion.refused')
  })

  it('refuses whoever is called like the app', async () => {
    const { idp, codeOf } = gateway()
    expect(await codeOf(saml(idp.assert(NOW, { subject: { value: 'intranet' } })))).toBe(
      'saml-assertion.refused',
    )
  })

  it.each<[string, object, object]>([
    ['for another API', {}, { audiences: [['https://api.example/billing/v1']] }],
    ['of an issuer that is not named', {}, { issuer: 'https://other.example' }],
    ['that is older than we take them', { maxAge: '1m' }, { issuedAt: NOW - 91_000 }],
    [
      'that was sent elsewhere',
      {},
      {
        confirmations: [
          { method: 'bearer', recipient: 'https://else.example', notOnOrAfter: NOW + 1, certificates: [] },
        ],
      },
    ],
    ['in the clear, where it must be encrypted', { encrypted: true }, {}],
  ])('refuses an assertion %s', async (_, changes, statement) => {
    const { idp, codeOf } = gateway(changes)
    expect(await codeOf(saml(idp.assert(NOW, statement)))).toBe('saml-assertion.refused')
  })

  it('is good for one call, however it is written', async () => {
    const { idp, codeOf } = gateway()
    const good = saml(idp.assert(NOW))
    expect(await codeOf(good)).toBe('ada')
    expect(await codeOf(good)).toBe('saml-assertion.refused')
    expect(await codeOf(good.replaceAll('=', ''), { at: 60_000 })).toBe('saml-assertion.refused')
    const again = saml(idp.assert(NOW))
    const at = 60_000
    const all = await Promise.all([codeOf(again, { at }), codeOf(again, { at }), codeOf(again, { at })])
    expect(all.toSorted()).toEqual(['ada', 'saml-assertion.refused', 'saml-assertion.refused'])
  })

  it('may come again where that is said, is verified once, and ends in time', async () => {
    const { idp, codeOf, verifications } = gateway({ reuse: true, clockSkew: '0s' })
    const good = saml(idp.assert(NOW))
    for (const at of [0, 1, 299_999]) expect(await codeOf(good, { at })).toBe('ada')
    expect(verifications()).toBe(1)
    expect(await codeOf(good, { at: 300_000 })).toBe('saml-assertion.refused')
    const once = saml(idp.assert(NOW + 300_000, { oneTimeUse: true }))
    expect(await codeOf(once, { at: 300_000 })).toBe('saml-assertion.refused')
  })

  it('of a holder is good over the connection of the certificate alone, also once it is known', async () => {
    const { idp, codeOf } = gateway({ reuse: true })
    const certificates = [Buffer.from('robot').toString('base64')]
    const confirmations = [{ method: 'holder-of-key' as const, certificates, notOnOrAfter: NOW + 300_000 }]
    const bound = saml(idp.assert(NOW, { confirmations }))
    expect(await codeOf(bound, { der: 'robot' })).toBe('ada')
    expect(await codeOf(bound, { der: 'thief' })).toBe('saml-assertion.refused')
    expect(await codeOf(bound)).toBe('saml-assertion.refused')
  })

  it('asks for an assertion where one did not hold', async () => {
    const { reply } = await gateway().send({ Authorization: saml('<a/>') })
    expect([reply.status, reply.headers.get('www-authenticate')]).toEqual([
      401,
      'SAML realm="https://api.example/warehouse/v1"',
    ])
  })

  it('holds off whoever makes them up, and nobody whose assertion is known', async () => {
    const { idp, codeOf, send } = gateway({ attemptsPerMinute: 2, reuse: true })
    const good = saml(idp.assert(NOW))
    expect(await codeOf(good)).toBe('ada')
    const codes = [await codeOf(saml('<a/>')), await codeOf(saml('<b/>')), await codeOf(saml('<c/>'))]
    expect(codes).toEqual(['saml-assertion.refused', 'saml-assertion.refused', 'saml-assertion.too-many'])
    expect(await codeOf(saml('<d/>'), { from: '198.51.100.1' })).toBe('saml-assertion.refused')
    expect(await codeOf(good)).toBe('ada')
    const { reply } = await send({ Authorization: saml('<e/>') })
    expect([reply.status, reply.headers.get('retry-after')]).toEqual([429, '60'])
  })

  it('refuses where nobody can say', async () => {
    const { idp, codeOf } = gateway({}, { counters: awayCounters() })
    expect(await codeOf(saml(idp.assert(NOW)))).toBe('counters.unavailable')
    const broken = {
      verify: () => Promise.reject(new Error('x')),
      verifyResponse: () => Promise.reject(new Error('x')),
      sign: (xml: string) => xml,
    }
    expect(await gateway({}, { assertions: broken }).codeOf(saml('<a/>'))).toBe('step.failed')
  })

  it('is not published with a secret that is not there', () => {
    expect(() => gateway({ decryptionKeys: ['missing'] })).toThrow()
  })

  it('only records its refusal where it observes', async () => {
    const { assertions } = openTestIdp()
    const counters = openMemoryCounters(manualClock(NOW))
    const x = testExchange({ revision, headers: { Authorization: saml('<a/>') } })
    const attachment = { config: config as never, mode: 'observe' as const }
    const steps = bindFor(policy, attachment, x, { assertions, counters, vault: openMemoryVault({}) })
    const { ending } = await runThrough(steps, x)
    expect([ending, x.principal]).toEqual([undefined, undefined])
    expect(x.trace).toEqual([expect.objectContaining({ verdict: 'refuse', code: 'saml-assertion.refused' })])
  })
})
