import type { Attachment } from '@portcullis/model/attachment'
import { expressionsOf } from '@portcullis/policy-kit/condition-test-kit'
import { bindFor, testExchange, tryPolicy } from '@portcullis/policy-kit/test-kit'
import type { Counters } from '@portcullis/ports/counters/port'
import { describe, expect, it } from 'vitest'
import { caller, countersAt, limiter, policy } from './test-call.ts'

const withExpressions = (config: Attachment['config'], ...texts: string[]): Partial<Attachment> => {
  return { config, expressions: expressionsOf(...texts) }
}

describe('rate-limit by an expression', () => {
  const office = 'context.claims.office'

  function callFrom(claims: Readonly<Record<string, unknown>>, counters: Counters, by = office) {
    const x = testExchange({ principal: { ...caller('robot'), claims } })
    return tryPolicy(policy, withExpressions({ limit: 1, window: '1h', by }, by), x, { counters })
  }

  it('counts together whom it gives the same value, and apart whom it does not', async () => {
    const counters = countersAt({ now: 0 })
    const codes: (string | undefined)[] = []
    for (const claims of [{ office: 'north' }, { office: 'south' }, { office: 'north' }, { office: 1 }]) {
      const { ending } = await callFrom(claims, counters)
      codes.push(ending?.verdict === 'refuse' ? ending.fault.code : undefined)
    }
    expect(codes).toEqual([undefined, undefined, 'rate-limit.exceeded', undefined])
  })

  it('counts sets without regard to their order', async () => {
    const counters = countersAt({ now: 0 })
    expect((await callFrom({ office: ['a', 'b'] }, counters)).ending).toBeUndefined()
    expect((await callFrom({ office: ['b', 'a'] }, counters)).reply.status).toBe(429)
  })

  it('counts by address whom it gives no value: leaving a claim out is no way past it', async () => {
    const counters = countersAt({ now: 0 })
    expect((await callFrom({}, counters)).ending).toBeUndefined()
    expect((await callFrom({}, counters)).reply.status).toBe(429)
  })

  it('is not bound without what the control plane made of it', () => {
    const x = testExchange()
    expect(() => bindFor(policy, { config: { limit: 1, window: '1h', by: office } }, x, {})).toThrow(
      RangeError,
    )
  })
})

describe('rate-limit with a cost that differs', () => {
  const cost =
    'if context.method == "GET" then 1 else if context.method == "POST" then 5 else context.query.n'

  it.each([
    ['GET', '/', 9],
    ['POST', '/', 5],
  ])('takes for %s %s what the expression says', async (method, target, left) => {
    const config = { limit: 10, window: '1m', cost }
    const x = testExchange({ method, target })
    const { reply } = await tryPolicy(policy, withExpressions(config, cost), x, {
      counters: countersAt({ now: 0 }),
    })
    expect(reply.headers.get('ratelimit')).toContain(`;r=${left};`)
  })

  it.each(['/', '/?n=3', '/?n=1&n=2'])(
    'refuses a call to %s whose cost is no whole number',
    async (target) => {
      const x = testExchange({ method: 'PUT', target })
      const attachment = withExpressions({ limit: 10, window: '1m', cost }, cost)
      const { ending } = await tryPolicy(policy, attachment, x, { counters: countersAt({ now: 0 }) })
      expect(ending).toMatchObject({ verdict: 'refuse', fault: { code: 'rate-limit.unpriced', status: 400 } })
    },
  )

  it('tells that waiting is in vain where a call costs more than can be saved up', async () => {
    const attachment = withExpressions({ limit: 4, window: '1m', cost }, cost)
    const x = testExchange({ method: 'POST' })
    const { ending, reply } = await tryPolicy(policy, attachment, x, { counters: countersAt({ now: 0 }) })
    expect(ending).toMatchObject({ fault: { code: 'rate-limit.too-costly' } })
    expect(reply.headers.has('retry-after')).toBe(false)
  })
})

describe('rate-limit with several windows', () => {
  const config = { limit: 6, window: '1d', atMost: [{ limit: 2, window: '1s' }], name: 'orders' }

  it('refuses by the one that is short, and takes nothing from the others then', async () => {
    const hand = { now: 0 }
    const call = limiter(config, countersAt(hand))
    for (let second = 0; second < 3; second++) {
      for (let i = 0; i < 2; i++) expect((await call()).ending).toBeUndefined()
      for (let i = 0; i < 4; i++) {
        const { ending, x } = await call()
        expect(ending).toMatchObject({ fault: { code: 'rate-limit.exceeded' } })
        expect(x.trace[0]?.saw).toMatchObject({ limit: second === 2 ? 'orders' : 'orders-1s' })
      }
      hand.now += 1000
    }
    const { reply } = await call()
    expect(reply.headers.get('retry-after')).toBe(String(86_400 / 6 - 3))
  })

  it('tells of all of them in one list', async () => {
    const { reply } = await limiter(config)()
    expect(reply.headers.all('ratelimit-policy')).toEqual(['"orders";q=6;w=86400, "orders-1s";q=2;w=1'])
    expect(reply.headers.all('ratelimit')).toEqual(['"orders";r=5;t=14400, "orders-1s";r=1;t=1'])
  })
})

describe('rate-limit while the shared counters are away', () => {
  it.each(['allow', 'local'] as const)('tells in the record that it was answered by %s', async (away) => {
    const near = countersAt({ now: 0 })
    const asked: (string | undefined)[] = []
    const counters: Counters = {
      ...near,
      async take(key, limit, cost) {
        asked.push(limit.whenAway)
        return { ...(await near.take(key, limit, cost)), away }
      },
    }
    const { x } = await limiter({ limit: 1, window: '1m', whenAway: away }, counters)()
    expect(asked).toEqual([away])
    expect(x.trace[0]?.saw).toMatchObject({ away })
  })
})
