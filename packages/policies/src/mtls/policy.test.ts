import { X509Certificate } from 'node:crypto'
import { type OpensslAuthority, openOpensslAuthority } from '@portcullis/policy-kit/fixture/openssl-authority'
import { anyPolicy } from '@portcullis/policy-kit/policy'
import { bindFor, runThrough, testExchange, testRevision, tryPolicy } from '@portcullis/policy-kit/test-kit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { MtlsConfig } from './contract.ts'
import { mtls } from './policy.ts'

const DAY = 86_400_000
const policy = anyPolicy(mtls)
const revision = testRevision(
  {},
  {
    schemes: { certificate: { type: 'mutualTLS' } },
    operations: [{ id: 'a', method: 'GET', path: '/items', security: [{ certificate: [] }], policies: [] }],
  },
)

let authority: OpensslAuthority
let stranger: OpensslAuthority
let robot: Buffer
let foreign: Buffer
let server: Buffer
let revoked: Buffer
let list: string

beforeAll(() => {
  authority = openOpensslAuthority()
  stranger = openOpensslAuthority()
  const names =
    'DNS:robot.eu.partner.example,URI:spiffe://acme/ns/eu/robot,email:robot@Partner.example,DNS:*.wild.example'
  robot = authority.issue({ names, usage: 'clientAuth' })
  foreign = stranger.issue({ names })
  server = authority.issue({ usage: 'serverAuth' })
  revoked = authority.issue({ subject: '/CN=old' })
  list = authority.revoke(revoked)
})

afterAll(() => {
  authority?.[Symbol.dispose]()
  stranger?.[Symbol.dispose]()
})

type Rule = Partial<Omit<MtlsConfig['apps'][number], 'app'>>
interface Call {
  readonly der?: Buffer
  readonly verified?: boolean
  readonly rule?: Rule
  readonly config?: object
  readonly at?: number
}

const SUBJECT = 'CN=robot,O=Partner\\, Inc.,C=DE'

function exchange({ der = robot, verified = true, at = Date.now() }: Call) {
  const clientCertificate = { der, verified }
  const tls = { version: 'TLSv1.3', cipher: 'x', serverName: undefined, clientCertificate }
  return testExchange({ revision, receivedAt: at, tls })
}

const attachment = ({ rule = { subject: SUBJECT }, config = {} }: Call) => ({
  config: { apps: [{ app: 'robot', ...rule }], ...config } as never,
})

async function codeOf(call: Call): Promise<string | undefined> {
  const { ending, x } = await tryPolicy(policy, attachment(call), exchange(call))
  if (ending?.verdict === 'refuse') return ending.fault.code
  return x.principal === undefined ? 'nobody' : x.principal.client
}

describe('a certificate is recognised', () => {
  it.each<[Rule, string]>([
    [{ subject: SUBJECT }, 'robot'],
    [{ subject: 'CN=robot, O=Partner\\, Inc., C=DE' }, 'robot'],
    [{ subject: 'CN=robot,O=Partner\\, Inc.' }, 'mtls.unknown'],
    [{ subject: 'C=DE,O=Partner\\, Inc.,CN=robot' }, 'mtls.unknown'],
    [{ subject: 'CN=Robot,O=Partner\\, Inc.,C=DE' }, 'mtls.unknown'],
    [{ dns: 'robot.eu.partner.example' }, 'robot'],
    [{ dns: 'ROBOT.eu.partner.example' }, 'robot'],
    [{ dns: '*.eu.partner.example' }, 'robot'],
    [{ dns: 'robot.*.partner.example' }, 'robot'],
    [{ dns: '*.partner.example' }, 'mtls.unknown'],
    [{ dns: '*.*.wild.example' }, 'mtls.unknown'],
    [{ dns: 'a.wild.example' }, 'mtls.unknown'],
    [{ dns: 'partner.example' }, 'mtls.unknown'],
    [{ uri: 'spiffe://acme/ns/eu/robot' }, 'robot'],
    [{ uri: 'spiffe://acme/ns/*/robot' }, 'robot'],
    [{ uri: 'spiffe://acme/ns/*' }, 'mtls.unknown'],
    [{ uri: 'spiffe://acme/ns/EU/robot' }, 'mtls.unknown'],
    [{ email: 'robot@partner.example' }, 'robot'],
    [{ email: '*@partner.example' }, 'robot'],
    [{ email: 'Robot@partner.example' }, 'mtls.unknown'],
    [{ dns: '*.eu.partner.example', email: 'other@partner.example' }, 'mtls.unknown'],
    [{ dns: '*.eu.partner.example', issuer: 'CN=Acme Authority,O=Acme,C=DE' }, 'robot'],
    [{ dns: '*.eu.partner.example', issuer: 'CN=Other,O=Acme,C=DE' }, 'mtls.unknown'],
    [{ fingerprint: '0'.repeat(64) }, 'mtls.unknown'],
  ])('by %j: %s', async (rule, expected) => {
    expect(await codeOf({ rule })).toBe(expected)
  })

  it('by its fingerprint, whoever issued it and whether or not it was verified', async () => {
    const { fingerprint256 } = new X509Certificate(foreign)
    for (const fingerprint of [fingerprint256, fingerprint256.replaceAll(':', '').toLowerCase()]) {
      expect(await codeOf({ der: foreign, verified: false, rule: { fingerprint } })).toBe('robot')
    }
  })

  it('with what it says of itself as claims, until it ends', async () => {
    const { x } = await tryPolicy(policy, attachment({}), exchange({}))
    const certificate = new X509Certificate(robot)
    expect(x.principal).toMatchObject({
      schemes: ['certificate'],
      subject: 'robot',
      expiresAt: Date.parse(certificate.validTo),
      claims: {
        subject: SUBJECT,
        issuer: 'CN=Acme Authority,O=Acme,C=DE',
        serial: 'a1',
        dns: ['robot.eu.partner.example', '*.wild.example'],
        uri: ['spiffe://acme/ns/eu/robot'],
        email: ['robot@Partner.example'],
      },
    })
  })

  it('once: calls with it have one principal', async () => {
    const [a, b] = [exchange({}), exchange({ der: Buffer.from(robot) })]
    const steps = bindFor(policy, attachment({}), a)
    await runThrough(steps, a)
    await runThrough(steps, b)
    expect(a.principal).toBeDefined()
    expect(b.principal).toBe(a.principal)
  })
})

describe('a certificate is refused', () => {
  const own = () => ({ authorities: authority.certificate })

  it.each<[string, () => Call, string]>([
    ['of an authority that the listener does not trust', () => ({ verified: false }), 'mtls.untrusted'],
    ['of another authority with the same name', () => ({ der: foreign, config: own() }), 'mtls.untrusted'],
    [
      'that this API trusts, whatever the listener says: not',
      () => ({ verified: false, config: own() }),
      'robot',
    ],
    ['for servers', () => ({ der: server }), 'mtls.wrong-purpose'],
    ['revoked', () => ({ der: revoked, config: { ...own(), revocations: [list] } }), 'mtls.revoked'],
    ['not on the list: not', () => ({ config: { ...own(), revocations: [list] } }), 'robot'],
    [
      'when the list is out of date',
      () => ({ config: { ...own(), revocations: [list] }, at: Date.now() + 2 * DAY }),
      'mtls.stale-list',
    ],
    ['expired', () => ({ at: Date.now() + 11 * DAY }), 'mtls.expired'],
    ['not yet valid', () => ({ at: Date.now() - DAY }), 'mtls.not-yet-valid'],
    ['no certificate', () => ({ der: Buffer.from('certificate') }), 'mtls.malformed'],
    ['of nobody', () => ({ rule: { subject: 'CN=somebody' } }), 'mtls.unknown'],
    [
      'of nobody, where that is no matter: not',
      () => ({ rule: { subject: 'CN=somebody' }, config: { others: 'ignore' } }),
      'nobody',
    ],
  ])('%s', async (_, call, expected) => {
    expect(await codeOf(call())).toBe(expected)
  })

  it('and a call without one goes on', async () => {
    const { ending, x } = await tryPolicy(policy, attachment({}), testExchange({ revision }))
    expect([ending, x.principal]).toEqual([undefined, undefined])
  })

  it('also the second time', async () => {
    const [a, b] = [exchange({ verified: false }), exchange({ verified: false })]
    const steps = bindFor(policy, attachment({}), a)
    await runThrough(steps, a)
    expect((await runThrough(steps, b)).ending).toMatchObject({ fault: { code: 'mtls.untrusted' } })
  })

  it('and a list that none of the authorities signed is refused with the revision', () => {
    const config = { authorities: stranger.certificate, revocations: [list] }
    expect(() => bindFor(policy, attachment({ config }), exchange({}))).toThrow(/signed/)
  })
})
