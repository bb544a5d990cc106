import { Secret } from '@portcullis/kernel/secret'
import { anyPolicy } from '@portcullis/policy-kit/policy'
import { bindFor, runThrough, testExchange, testRevision } from '@portcullis/policy-kit/test-kit'
import { manualClock } from '@portcullis/ports/clock/memory'
import { openMemoryCounters } from '@portcullis/ports/counters/memory'
import { type Identities, identitiesFaults } from '@portcullis/ports/identities/port'
import { openMemoryRevocations } from '@portcullis/ports/revocations/memory'
import { describe, expect, it } from 'vitest'
import { basic } from './policy.ts'

const NOW = Date.UTC(2026, 0, 1)
const policy = anyPolicy(basic)
const revision = testRevision(
  {},
  {
    schemes: { staff: { type: 'http', scheme: 'basic' } },
    operations: [{ id: 'a', method: 'GET', path: '/items', security: [{ staff: [] }], policies: [] }],
  },
)
const ada = { subject: 'ada', roles: ['clerk'], groups: [], attributes: {} }
const basicOf = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`
const ADA = basicOf('ada:correct horse')

function gateway(verify: Identities['verify'], config: object = {}) {
  const clock = manualClock(NOW)
  const revocations = openMemoryRevocations(clock)
  const asked: unknown[] = []
  const ports = {
    identities: {
      verify: (...given: Parameters<Identities['verify']>) => {
        asked.push(given)
        return verify(...given)
      },
    },
    counters: openMemoryCounters(clock),
    revocations,
  }
  const x = () => testExchange({ revision, headers: { Authorization: ADA }, receivedAt: clock.now() })
  const steps = bindFor(policy, { config: { app: 'intranet', ...config } }, x(), ports)
  return { asked, clock, revocations, call: () => runThrough(steps, x()) }
}

describe('basic', () => {
  it('asks for the users of the organization whose API is called, and says from where', async () => {
    const { call, asked } = gateway(async () => ada)
    await call()
    expect(asked).toEqual([
      [{ kind: 'users', organization: 'hmart' }, 'ada', new Secret('correct horse'), '192.0.2.1'],
    ])
  })

  it('tells the user, of the organization’s own issuer, in the name of the app and without scopes', async () => {
    const { x } = await gateway(async () => ada).call()
    expect(x.principal).toMatchObject({
      schemes: ['staff'],
      issuer: 'https://auth.example/hmart',
      client: 'intranet',
      subject: 'ada',
      scopes: new Set(),
      roles: new Set(['clerk']),
    })
    expect(x.outgoingHeaders().has('authorization')).toBe(false)
  })

  it.each([
    [undefined, 'basic.wrong', 401],
    [identitiesFaults['second-factor'](), 'identities.second-factor', 403],
    [identitiesFaults['too-many'](), 'identities.too-many', 429],
    [identitiesFaults.unavailable(), 'identities.unavailable', 503],
    [new Error('broken'), 'step.failed', 503],
  ])('refuses where the answer is %s', async (answer, code, status) => {
    const { call } = gateway(async () => {
      if (answer !== undefined) throw answer
      return undefined
    })
    const { ending, reply, x } = await call()
    expect(ending).toMatchObject({ verdict: 'refuse', fault: { code } })
    expect(reply.status).toBe(status)
    expect(x.principal).toBeUndefined()
    if (status === 429) expect(reply.headers.get('retry-after')).toBe('60')
  })

  it('has the password asked for anew once the user’s tokens are revoked, and not again after that', async () => {
    const { call, asked, clock, revocations } = gateway(async () => ada)
    await call()
    await call()
    expect(asked).toHaveLength(1)
    clock.set(NOW + 1_000)
    const entry = { issuer: 'https://auth.example/hmart', what: 'subject', value: 'ada' } as const
    revocations.add([{ ...entry, position: 1, before: NOW + 500, until: NOW + 3_600_000 }], 1)
    await call()
    await call()
    expect(asked).toHaveLength(2)
  })

  it('is warned of when it is published', () => {
    expect(policy.contract.dangers?.({ app: 'intranet' })).toHaveLength(1)
  })
})
