import { parsePolicies } from '@portcullis/cedar/parse'
import type { Revision, RevisionPolicySet } from '@portcullis/model/revision'
import { anyPolicy } from '@portcullis/policy-kit/policy'
import type { Principal } from '@portcullis/policy-kit/principal'
import { testExchange, testRevision, tryPolicy } from '@portcullis/policy-kit/test-kit'
import { principalOf } from '@portcullis/policy-kit/test-principal'
import { describe, expect, it } from 'vitest'
import { authorize } from './policy.ts'

const policy = anyPolicy(authorize)

function policySet(name: string, text: string, apis?: string[]): RevisionPolicySet {
  const parsed = parsePolicies(text)
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems))
  const policies = parsed.value.map(({ id, policy }) => ({ id, policy })) as RevisionPolicySet['policies']
  return { policySet: name, ...(apis && { apis }), policies }
}

const clerk = principalOf({ roles: new Set(['clerk']), groups: new Set(['regional-office']) })
/** A Wednesday. */
const NOON = Date.UTC(2026, 6, 1, 10)

interface Call {
  readonly principal?: Principal
  readonly receivedAt?: number
  readonly remoteAddress?: string
  readonly classification?: Revision['apis'][number]['classification']
}

function call(policySets: RevisionPolicySet[], { classification = 'internal', ...options }: Call = {}) {
  const revision = testRevision({ policySets }, { classification })
  return tryPolicy(policy, {}, testExchange({ revision, principal: clerk, receivedAt: NOON, ...options }))
}

async function outcome(policySets: RevisionPolicySet[], options: Call = {}): Promise<string> {
  const { ending } = await call(policySets, options)
  if (ending === undefined) return 'let in'
  return ending.verdict === 'refuse' ? ending.fault.code : ending.verdict
}

const office = policySet(
  'office',
  `@id("ordering") permit (principal in Group::"regional-office", action == Action::"listItems", resource)
     when { ["monday", "tuesday", "wednesday"].contains(context.zone["Europe/Berlin"].weekday) }
     when { context.zone["Europe/Berlin"].hour >= 8 && context.zone["Europe/Berlin"].hour < 18 };
   @id("inside") forbid (principal, action, resource in Api::"warehouse")
     when { resource.classification == "restricted" && !context.address.isInRange(ip("10.0.0.0/8")) };`,
)

describe('authorize', () => {
  it('lets in whom a permit lets in, at the hours that it names', async () => {
    expect(await outcome([office])).toBe('let in')
    expect(await outcome([office], { receivedAt: Date.UTC(2026, 6, 1, 16) })).toBe('authorize.denied')
    expect(await outcome([office], { receivedAt: Date.UTC(2026, 6, 2, 10) })).toBe('authorize.denied')
    expect(await outcome([office], { principal: principalOf({ groups: new Set(['elsewhere']) }) })).toBe(
      'authorize.denied',
    )
  })

  it('lets a forbid win, and records what decided', async () => {
    const { ending, reply, x } = await call([office], { classification: 'restricted' })
    expect(ending).toMatchObject({ verdict: 'refuse', fault: { code: 'authorize.denied' } })
    expect(reply.status).toBe(403)
    expect(x.trace[0]?.saw).toEqual({ policies: 'office/inside' })
    expect(await outcome([office], { classification: 'restricted', remoteAddress: '10.1.2.3' })).toBe(
      'let in',
    )
    const allowed = await call([office])
    expect(allowed.x.trace[0]?.saw).toEqual({ policies: 'office/ordering' })
  })

  it('asks all sets that hold for the API as one, and no others', async () => {
    const all = policySet('all', 'permit (principal, action, resource);')
    const never = policySet('never', 'forbid (principal, action, resource);', ['warehouse'])
    const elsewhere = policySet('elsewhere', 'forbid (principal, action, resource);', ['shop'])
    expect(await outcome([all, elsewhere])).toBe('let in')
    expect(await outcome([all, never])).toBe('authorize.denied')
  })

  it('asks nothing where no set holds', async () => {
    const { ending, x } = await call([
      policySet('elsewhere', 'forbid (principal, action, resource);', ['shop']),
    ])
    expect([ending, x.trace]).toEqual([undefined, []])
  })

  it('refuses where a policy can’t be applied, though another permits, and says which', async () => {
    const text = `permit (principal, action, resource);
      @id("rich") forbid (principal, action, resource) when { context.claims.tier == "poor" };`
    const { ending, x } = await call([policySet('tiers', text)])
    expect(ending).toMatchObject({ verdict: 'refuse', fault: { code: 'authorize.failed' } })
    expect(x.trace[0]?.saw).toEqual({ failed: 'tiers/rich: .tier: there is no such attribute' })
    expect(
      await outcome([policySet('tiers', text)], { principal: principalOf({ claims: { tier: 'rich' } }) }),
    ).toBe('let in')
  })

  it('refuses whoever calls without credentials unless a permit is for anybody', async () => {
    const revision = testRevision({ policySets: [office] })
    const { ending } = await tryPolicy(policy, {}, testExchange({ revision, receivedAt: NOON }))
    expect(ending).toMatchObject({ verdict: 'refuse', fault: { code: 'authorize.denied' } })
  })
})

describe('a policy that asks the body', () => {
  const orders = policySet(
    'orders',
    `@id("all") permit (principal, action, resource);
     @id("large") forbid (principal, action == Action::"listItems", resource)
       when { context has body && context.body has order && context.body.order.total > 100 };`,
  )

  function ask(body: string | undefined, set = orders, config = {}) {
    const revision = testRevision({ policySets: [set] })
    const bytes = body === undefined ? {} : { body: new TextEncoder().encode(body) }
    return tryPolicy(
      policy,
      { config },
      testExchange({ revision, principal: clerk, receivedAt: NOON, ...bytes }),
    )
  }
  const code = async (...asked: Parameters<typeof ask>) => {
    const { ending } = await ask(...asked)
    return ending?.verdict === 'refuse' ? ending.fault.code : 'let in'
  }

  it('decides by its fields', async () => {
    expect(await code('{"order":{"total":101}}')).toBe('authorize.denied')
    expect(await code('{"order":{"total":100}}')).toBe('let in')
  })

  it.each([
    ['of a call without one', undefined],
    ['that is empty', ''],
    ['that is no JSON', 'order=1'],
    ['that is a list', '[{"order":{"total":101}}]'],
    ['that could be read in two ways', '{"order":{"total":101},"order":{"total":1}}'],
    ['that is too deep', `{"order":${'['.repeat(40)}${']'.repeat(40)}}`],
  ])('finds none in a body %s', async (_, body) => {
    expect(await code(body)).toBe('let in')
    // Who asks without `has` gets no answer, and the call is refused.
    const careless = policySet(
      'orders',
      'permit (principal, action, resource); forbid (principal, action, resource) when { context.body.order.total > 100 };',
    )
    expect(await code(body, careless)).toBe('authorize.failed')
  })

  it('refuses a body that is larger than is read', async () => {
    const body = `{"order":{"total":1},"note":"${'x'.repeat(100)}"}`
    expect(await code(body, orders, { maxBodyBytes: 64 })).toBe('step.body-too-large')
    expect(await code(body)).toBe('let in')
  })

  it('lets bodies of other operations pass unread', async () => {
    const elsewhere = policySet(
      'orders',
      'permit (principal, action, resource); forbid (principal, action == Action::"orderItem", resource) when { context.body has a };',
    )
    const { x } = await ask('{"order":{}}', elsewhere)
    expect(x.body).toBeUndefined()
    expect((await ask('{"order":{}}')).x.body).toBeDefined()
  })
})
