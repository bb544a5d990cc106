import type { Revision, RevisionOperation, RevisionSubscription } from '@portcullis/model/revision'
import type { Security } from '@portcullis/model/security'
import { anyPolicy } from '@portcullis/policy-kit/policy'
import type { Principal } from '@portcullis/policy-kit/principal'
import { testExchange, testRevision, tryPolicy } from '@portcullis/policy-kit/test-kit'
import { describe, expect, it } from 'vitest'
import { subscription as typed } from './policy.ts'
import { subscriptionsTo } from './rules.ts'

const policy = anyPolicy(typed)

const warehouse = [{ api: 'warehouse', version: 'v1' }]

function subscribe(
  subscription: string,
  scopes: string,
  changes: Partial<RevisionSubscription> = {},
): RevisionSubscription {
  const [product, plan] = ['supply', subscription.split('-').at(-1) as string]
  return { subscription, app: 'robot', product, plan, apis: warehouse, scopes: words(scopes), ...changes }
}

const words = (text: string): string[] => text.split(' ').filter((each) => each !== '')

function revisionWith(security: Security, subscriptions: RevisionSubscription[]): Revision {
  const operation: RevisionOperation = {
    id: 'listItems',
    method: 'GET',
    path: '/items',
    security,
    policies: [],
  }
  return testRevision({ subscriptions }, { schemes: { login: { type: 'oauth2' } }, operations: [operation] })
}

function robotWith(scopes: string): Principal {
  return {
    schemes: ['login'],
    issuer: 'https://auth.example/hmart',
    client: 'robot',
    subject: 'robot',
    scopes: new Set(words(scopes)),
    expiresAt: 0,
    claims: {},
  }
}

function call(security: Security, subscriptions: RevisionSubscription[], principal?: Principal) {
  const x = testExchange({ revision: revisionWith(security, subscriptions), ...(principal && { principal }) })
  return tryPolicy(policy, {}, x)
}

const MISSING = 'subscription.missing'
const WITHDRAWN = 'subscription.scope-withdrawn'
const NEEDS_A: Security = [{ login: ['a'] }]

/** What it shows, requirement, subscriptions, scopes of the token, the subscription chosen or the refusal. */
const truth: [string, Security, RevisionSubscription[], string, string][] = [
  ['an app without subscriptions', NEEDS_A, [], 'a', MISSING],
  ['another app’s subscription', NEEDS_A, [subscribe('x-gold', 'a', { app: 'other' })], 'a', MISSING],
  [
    'another API',
    NEEDS_A,
    [subscribe('x-gold', 'a', { apis: [{ api: 'shop', version: 'v1' }] })],
    'a',
    MISSING,
  ],
  [
    'another version',
    NEEDS_A,
    [subscribe('x-gold', 'a', { apis: [{ api: 'warehouse', version: 'v2' }] })],
    'a',
    MISSING,
  ],
  ['one subscription with the scope', NEEDS_A, [subscribe('x-gold', 'a')], 'a', 'x-gold'],
  ['a scope withdrawn after the token was issued', NEEDS_A, [subscribe('x-gold', 'b')], 'a b', WITHDRAWN],
  ['every scope withdrawn', NEEDS_A, [subscribe('x-gold', '')], 'a', WITHDRAWN],
  [
    'a scope withdrawn that the operation does not need',
    NEEDS_A,
    [subscribe('x-gold', 'a')],
    'a b',
    'x-gold',
  ],
  ['an operation that needs no scope', [{ login: [] }], [subscribe('x-gold', '')], 'a', 'x-gold'],
  [
    'two that would do: the first by name',
    NEEDS_A,
    [subscribe('y-silver', 'a'), subscribe('x-gold', 'a')],
    'a',
    'x-gold',
  ],
  [
    'two of which one would do',
    NEEDS_A,
    [subscribe('x-gold', 'b'), subscribe('y-silver', 'a')],
    'a b',
    'y-silver',
  ],
  [
    'two that do only together',
    [{ login: ['a', 'b'] }],
    [subscribe('y-silver', 'b'), subscribe('x-gold', 'a')],
    'a b',
    'x-gold',
  ],
  [
    'alternatives: the one still granted',
    [{ login: ['a'] }, { login: ['b'] }],
    [subscribe('x-gold', 'b')],
    'a b',
    'x-gold',
  ],
  [
    'alternatives: one granted, but not in the token',
    [{ login: ['a'] }, { login: ['b'] }],
    [subscribe('x-gold', 'b')],
    'a',
    WITHDRAWN,
  ],
  ['a token without the scope (for `scope` to refuse)', NEEDS_A, [subscribe('x-gold', 'a')], 'b', 'x-gold'],
]

describe('subscription decides by what the app subscribes to', () => {
  it.each(truth)('%s', async (_, security, subscriptions, scopes, expected) => {
    const { ending, x, reply } = await call(security, subscriptions, robotWith(scopes))
    if (expected === MISSING || expected === WITHDRAWN) {
      expect(ending).toMatchObject({ verdict: 'refuse', fault: { code: expected } })
      expect(reply.status).toBe(403)
      expect(x.subscriber).toBeUndefined()
    } else {
      expect(ending).toBeUndefined()
      expect(x.subscriber?.subscription).toBe(expected)
    }
  })

  it('and tells later steps the product and the plan', async () => {
    const { x } = await call(NEEDS_A, [subscribe('x-gold', 'a')], robotWith('a'))
    expect(x.subscriber).toEqual({ subscription: 'x-gold', product: 'supply', plan: 'gold' })
  })

  it('and refuses an unknown caller', async () => {
    const { ending } = await call(NEEDS_A, [subscribe('x-gold', 'a')])
    expect(ending).toMatchObject({ fault: { code: MISSING } })
  })

  it.each([[[]], [[{}]], [[{ login: ['a'] }, {}]]] as [Security][])(
    'but does not run where %j lets anybody in',
    async (security) => {
      const { ending, x } = await call(security, [])
      expect(ending).toBeUndefined()
      expect(x.trace).toEqual([])
    },
  )
})

describe('subscription derives its facts', () => {
  it('once for all operations of an API version', () => {
    const revision = revisionWith(NEEDS_A, [subscribe('x-gold', 'a')])
    const [api] = revision.apis
    if (api === undefined) throw new RangeError('no api')
    expect(subscriptionsTo(revision, api)).toBe(subscriptionsTo(revision, { ...api }))
  })

  it('anew for another revision, also where the API is the same object', () => {
    const before = revisionWith(NEEDS_A, [subscribe('x-gold', 'a')])
    const [api] = before.apis
    if (api === undefined) throw new RangeError('no api')
    expect(subscriptionsTo(before, api).size).toBe(1)
    expect(subscriptionsTo({ ...before, subscriptions: [] }, api).size).toBe(0)
  })
})
