import { Secret } from '@portcullis/kernel/secret'
import { anyPolicy, type Ports } from '@portcullis/policy-kit/policy'
import { bindFor, runThrough, testExchange, testRevision } from '@portcullis/policy-kit/test-kit'
import { manualClock } from '@portcullis/ports/clock/memory'
import { openMemoryCounters } from '@portcullis/ports/counters/memory'
import { openMemoryIdentities } from '@portcullis/ports/identities/memory'
import { type Identities, type IdentitySource, identitiesFaults } from '@portcullis/ports/identities/port'
import { openMemoryRevocations } from '@portcullis/ports/revocations/memory'
import { openMemoryVault } from '@portcullis/ports/vault/memory'
import { describe, expect, it } from 'vitest'
import { ldap } from './policy.ts'

const NOW = Date.UTC(2026, 0, 1)
const policy = anyPolicy(ldap)
const revision = testRevision(
  {},
  {
    schemes: { password: { type: 'http', scheme: 'Basic' } },
    operations: [{ id: 'a', method: 'GET', path: '/items', security: [{ password: [] }], policies: [] }],
  },
)
const search = { base: 'ou=people,dc=hmart,dc=example', as: 'cn=reader', password: 'directory' }
const config = { urls: ['ldaps://directory.example'], search, app: 'intranet' }
const people = openMemoryIdentities({
  ada: {
    subject: 'ada',
    roles: ['clerk'],
    groups: ['staff'],
    attributes: { mail: 'a@b' },
    password: new Secret('pässword'),
  },
  intranet: { subject: 'intranet', roles: [], groups: [], attributes: {}, password: new Secret('pässword') },
})

const basic = (text: string | Buffer): string => `Basic ${Buffer.from(text).toString('base64')}`
const ADA = basic('ada:pässword')

function gateway(changes: object = {}, identities: Identities = people) {
  const clock = manualClock(NOW)
  const asked: IdentitySource[] = []
  const ports: Partial<Ports> = {
    identities: {
      verify: (source, ...given) => {
        asked.push(source)
        return identities.verify(source, ...given)
      },
    },
    counters: openMemoryCounters(clock),
    revocations: openMemoryRevocations(clock),
    vault: openMemoryVault({ directory: 'reader-secret' }),
  }
  const steps = bindFor(
    policy,
    { config: { ...config, ...changes } as never },
    testExchange({ revision }),
    ports,
  )
  const send = (authorization: string | undefined, { at = 0, from = '192.0.2.1' } = {}) => {
    clock.set(NOW + at)
    const headers: Record<string, string> =
      authorization === undefined ? {} : { Authorization: authorization }
    return runThrough(steps, testExchange({ revision, headers, receivedAt: NOW + at, remoteAddress: from }))
  }
  const codeOf = async (...call: Parameters<typeof send>) => {
    const { ending, x } = await send(...call)
    if (ending?.verdict !== 'refuse') return x.principal?.subject
    expect(x.principal).toBeUndefined()
    return ending.fault.code
  }
  return { send, codeOf, asked }
}

describe('ldap', () => {
  it.each<[string, string | undefined, string | undefined]>([
    ['name and password', ADA, 'ada'],
    ['the scheme in any case', ADA.replace('Basic', 'bAsIc'), 'ada'],
    ['the password typed with another ä', basic('ada:pa\u0308ssword'), 'ada'],
    ['nothing', undefined, undefined],
    ['a token', 'Bearer abc', undefined],
    ['a wrong password', basic('ada:other'), 'ldap.wrong'],
    ['an unknown name', basic('nobody:pässword'), 'ldap.wrong'],
    ['no password', basic('ada:'), 'ldap.wrong'],
    ['no name', basic(':pässword'), 'ldap.wrong'],
    ['the name of the app', basic('intranet:pässword'), 'ldap.wrong'],
    ['no colon', basic('ada'), 'ldap.bad-request'],
    ['no base64', 'Basic a:b', 'ldap.bad-request'],
    ['no credentials', 'Basic', 'ldap.bad-request'],
    ['Latin-1', basic(Buffer.from('ada:pässword', 'latin1')), 'ldap.bad-request'],
    ['a control character', basic('ada:a\nb'), 'ldap.bad-request'],
    ['too much', basic(`ada:${'x'.repeat(5_000)}`), 'ldap.bad-request'],
  ])('with %s', async (_, authorization, expected) => {
    expect(await gateway().codeOf(authorization)).toBe(expected)
  })

  it('tells who it is, in whose name, and what the directory says', async () => {
    const { x } = await gateway().send(ADA)
    expect(x.principal).toMatchObject({
      schemes: ['password'],
      issuer: 'ldaps://directory.example',
      client: 'intranet',
      subject: 'ada',
      authentication: { at: NOW },
      claims: { mail: 'a@b' },
    })
    expect([...(x.principal?.roles ?? []), ...(x.principal?.groups ?? [])]).toEqual(['clerk', 'staff'])
    expect(x.outgoingHeaders().has('authorization')).toBe(false)
  })

  it('asks for name and password in UTF-8', async () => {
    const { reply } = await gateway().send(basic('ada:other'))
    expect([reply.status, reply.headers.get('www-authenticate')]).toEqual([
      401,
      'Basic realm="https://api.example/warehouse/v1", charset="UTF-8"',
    ])
  })

  it('asks the directory once for all who come at a time, and then not for a while', async () => {
    const { send, asked } = gateway({ keepFor: '60s' })
    const all = await Promise.all([send(ADA), send(ADA), send(ADA)])
    expect(new Set(all.map(({ x }) => x.principal)).size).toBe(1)
    await send(ADA, { at: 59_999 })
    expect(asked).toHaveLength(1)
    await send(ADA, { at: 60_000 })
    expect(asked).toHaveLength(2)
    expect(asked[0]).toMatchObject({ kind: 'ldap', urls: config.urls, startTls: true })
  })

  it('asks no second time about what was wrong a moment ago, and about another password at once', async () => {
    const { codeOf, asked } = gateway({ keepRefusalsFor: '10s' })
    for (const at of [0, 1, 9_999]) expect(await codeOf(basic('ada:old'), { at })).toBe('ldap.wrong')
    expect(asked).toHaveLength(1)
    expect(await codeOf(ADA, { at: 9_999 })).toBe('ada')
    expect(await codeOf(basic('ada:old'), { at: 10_000 })).toBe('ldap.wrong')
    expect(asked).toHaveLength(3)
  })

  it('holds off who guesses, and hinders neither the user elsewhere nor one who is known', async () => {
    const { send, codeOf, asked } = gateway({ attemptsPerMinute: 8 })
    expect(await codeOf(ADA, { from: '198.51.100.1' })).toBe('ada')
    const codes: unknown[] = []
    for (let i = 0; i < 4; i++) codes.push(await codeOf(basic(`ada:${i}`)))
    expect(codes).toEqual(['ldap.wrong', 'ldap.wrong', 'ldap.too-many', 'ldap.too-many'])
    expect((await send(basic('ada:9'))).reply.headers.get('retry-after')).toBe('60')
    expect(asked).toHaveLength(3)
    // From everywhere, until all guesses at this name together are too many.
    for (let i = 0; i < 30; i++) await codeOf(basic(`ada:x${i}`), { from: `203.0.113.${i}` })
    expect(await codeOf(ADA, { from: '192.0.2.200', at: 1 })).toBe('ada')
    expect(await codeOf(basic('ada:y'), { from: '192.0.2.201', at: 1 })).toBe('ldap.too-many')
    expect(await codeOf(basic('ada:z'), { from: '198.51.100.1', at: 1 })).toBe('ldap.wrong')
  })

  it('refuses while the directory is away, except whom it knew a moment ago', async () => {
    const hand = { away: false }
    const { codeOf, send } = gateway(
      {},
      {
        verify: (...asked) =>
          hand.away ? Promise.reject(identitiesFaults.unavailable()) : people.verify(...asked),
      },
    )
    expect(await codeOf(ADA)).toBe('ada')
    hand.away = true
    expect(await codeOf(ADA, { at: 1_000 })).toBe('ada')
    const { ending, reply } = await send(basic('bob:x'), { at: 1_000 })
    expect([ending, reply.status]).toMatchObject([
      { verdict: 'refuse', fault: { code: 'identities.unavailable' } },
      503,
    ])
    expect(await codeOf(basic('bob:x'), { at: 1_000 })).toBe('identities.unavailable')
  })

  it.each([
    [{ urls: ['ldap://directory.example'], startTls: false }],
    [{ urls: ['http://directory.example'] }],
    [{ template: 'uid={name}' }],
    [{ search: { ...search, filter: '(uid=ada)' } }],
  ])('takes no settings that would give passwords away or find anybody: %j', (changes) => {
    expect(policy.contract.config.safeParse({ ...config, ...changes }).success).toBe(false)
    expect(
      policy.contract.config.safeParse({ ...config, urls: ['ldap://127.0.0.1:389'], startTls: false })
        .success,
    ).toBe(true)
  })
})
