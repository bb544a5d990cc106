import { bindFor, runThrough, testExchange, testRevision, tryPolicy } from '@portcullis/policy-kit/test-kit'
import { type Counters, countersFaults } from '@portcullis/ports/counters/port'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { keyMaker } from '../counting/counter-key.ts'
import { rateLimitContract } from './contract.ts'
import { caller, countersAt, exchangeOf, limiter, policy, type Who } from './test-call.ts'

describe('rate-limit', () => {
  it('admits up to the limit, then refuses with 429 and Retry-After', async () => {
    const call = limiter({ limit: 2, window: '1m' })
    expect((await call()).ending).toBeUndefined()
    expect((await call()).ending).toBeUndefined()
    const { ending, reply } = await call()
    expect(ending).toMatchObject({ verdict: 'refuse', fault: { code: 'rate-limit.exceeded' } })
    expect(reply.status).toBe(429)
    expect(reply.headers.all('retry-after')).toEqual(['30'])
  })

  it('says at least one second, however soon it would do (RFC 9110 §10.2.3)', async () => {
    const call = limiter({ limit: 1000, window: '1s', burst: 1 })
    await call()
    expect((await call()).reply.headers.get('retry-after')).toBe('1')
  })

  it('keeps its promise: after Retry-After the call passes', async () => {
    const hand = { now: 0 }
    const call = limiter({ limit: 7, window: '1m', burst: 3, cost: 2 }, countersAt(hand))
    for (let calls = 0; calls < 50; calls++) {
      const { ending, reply } = await call()
      if (ending === undefined) continue
      hand.now += Number(reply.headers.get('retry-after')) * 1000
      expect((await call()).ending).toBeUndefined()
    }
  })

  it('lets a burst be larger or smaller than the limit', async () => {
    const large = limiter({ limit: 1, window: '1m', burst: 3 })
    for (let i = 0; i < 3; i++) expect((await large()).ending).toBeUndefined()
    expect((await large()).reply.status).toBe(429)
    const small = limiter({ limit: 100, window: '1m', burst: 1 })
    expect((await small()).ending).toBeUndefined()
    expect((await small()).reply.status).toBe(429)
  })

  it('answers at once, without a promise, when the counters do', () => {
    const x = exchangeOf({ client: 'robot' })
    const [step] = bindFor(policy, { config: { limit: 1, window: '1s' } }, x, {
      counters: countersAt({ now: 0 }),
    })
    expect(step?.bound.onRequest?.(x)).not.toBeInstanceOf(Promise)
  })

  it('waits for counters that answer later', async () => {
    const real = countersAt({ now: 0 })
    const later: Counters = { ...real, take: async (...args) => real.take(...args) }
    const call = limiter({ limit: 1, window: '1m' }, later)
    expect((await call()).ending).toBeUndefined()
    expect((await call()).reply.status).toBe(429)
  })
})

/** Who shares: `by`, first caller, second caller, whether they share a counter. */
const sharing: [string, Who, Who, boolean][] = [
  ['app', { client: 'a' }, { client: 'a', remoteAddress: '192.0.2.9' }, true],
  ['app', { client: 'a', subject: 'u' }, { client: 'a', subject: 'v' }, true],
  ['app', { client: 'a' }, { client: 'b' }, false],
  ['app', {}, {}, true],
  ['app', {}, { remoteAddress: '192.0.2.9' }, false],
  ['app', { client: 'address|c0000201' }, { remoteAddress: '192.0.2.1' }, false],
  ['subject', { client: 'a', subject: 'u' }, { client: 'b', subject: 'u' }, true],
  ['subject', { client: 'a', subject: 'u' }, { client: 'a', subject: 'v' }, false],
  ['subject', {}, { remoteAddress: '192.0.2.9' }, false],
  ['address', { client: 'a' }, { client: 'b' }, true],
  ['address', { remoteAddress: '192.0.2.1' }, { remoteAddress: '192.0.2.2' }, false],
  ['address', { remoteAddress: '192.0.2.1' }, { remoteAddress: '::ffff:192.0.2.1' }, true],
  ['address', { remoteAddress: '2001:db8::1' }, { remoteAddress: '2001:db8:0:0:ffff::1' }, true],
  ['address', { remoteAddress: '2001:db8::1' }, { remoteAddress: '2001:db8:0:1::1' }, false],
  ['address', { remoteAddress: 'x' }, { remoteAddress: 'y' }, true],
  ['plan', { client: 'a', plan: 'gold' }, { client: 'b', plan: 'gold' }, true],
  ['plan', { client: 'a', plan: 'gold' }, { client: 'a', plan: 'free' }, false],
  ['plan', { client: 'a' }, { client: 'b' }, true],
  ['subscription', { client: 'a', plan: 'gold' }, { client: 'b', plan: 'gold' }, false],
  ['subscription', { client: 'a', plan: 'gold' }, { client: 'a', plan: 'gold', subject: 'u' }, true],
  ['everyone', { client: 'a' }, { remoteAddress: '2001:db8::1' }, true],
]

describe('rate-limit counts', () => {
  it.each(sharing)('by %s: %j and %j share a counter: %s', async (by, first, second, shared) => {
    const call = limiter({ limit: 1, window: '1m', by })
    await call(first)
    expect((await call(second)).ending !== undefined).toBe(shared)
  })

  it('each attachment for itself', async () => {
    const counters = countersAt({ now: 0 })
    const config = { limit: 1, window: '1m' }
    await tryPolicy(policy, { config }, exchangeOf({ client: 'a' }), { counters })
    const elsewhere = testExchange({
      revision: testRevision({ environment: 'sandbox' }),
      principal: caller('a'),
    })
    expect((await tryPolicy(policy, { config }, elsewhere, { counters })).ending).toBeUndefined()
  })

  it('under keys of bounded length that differ where callers differ', () => {
    const keyOf = keyMaker({ step: 's'.repeat(2000), expression: () => () => undefined }, 'subject')
    const [one, other] = ['1', '2'].map((end) =>
      keyOf(exchangeOf({ client: 'a', subject: 'u'.repeat(4000) + end })),
    )
    expect(one?.length).toBeLessThan(160)
    expect(one).not.toBe(other)
  })
})

describe('rate-limit tells what is left', () => {
  it('on replies that pass and on refusals', async () => {
    const call = limiter({ limit: 2, window: '1m', name: 'orders' })
    const [first, , third] = [await call(), await call(), await call()]
    expect(first.reply.headers.get('ratelimit-policy')).toBe('"orders";q=2;w=60')
    expect(first.reply.headers.get('ratelimit')).toBe('"orders";r=1;t=30')
    expect(third.reply.headers.all('ratelimit')).toEqual(['"orders";r=0;t=60'])
    expect(third.reply.headers.all('ratelimit-policy')).toEqual(['"orders";q=2;w=60'])
  })

  it('of several limits in one list', async () => {
    const x = exchangeOf({ client: 'a' })
    const ports = { counters: countersAt({ now: 0 }) }
    const steps = [
      ...bindFor(policy, { config: { limit: 10, window: '1h', by: 'everyone' } }, x, ports),
      ...bindFor(policy, { config: { limit: 2, window: '1s' } }, x, ports),
    ]
    const { reply } = await runThrough(steps, x)
    expect(reply.headers.all('ratelimit')).toEqual(['"everyone-1h";r=9;t=360, "app-1s";r=1;t=1'])
    expect(reply.headers.all('ratelimit-policy')).toEqual(['"everyone-1h";q=10;w=3600, "app-1s";q=2;w=1'])
  })

  it('to no caller whom an earlier step refused', async () => {
    const x = exchangeOf({ client: 'a' })
    const ports = { counters: countersAt({ now: 0 }) }
    const wide = bindFor(policy, { config: { limit: 1, window: '1m', name: 'wide' } }, x, ports)
    await runThrough(wide, x)
    const narrow = bindFor(
      policy,
      { config: { limit: 1, window: '1m', name: 'narrow', by: 'everyone' } },
      x,
      ports,
    )
    const { reply } = await runThrough([...wide, ...narrow], exchangeOf({ client: 'a' }))
    expect(reply.headers.get('ratelimit')).toMatch(/^"wide";/)
    expect(reply.headers.get('ratelimit')).not.toContain('narrow')
  })

  it('not while it only observes', async () => {
    const config = { limit: 1, window: '1m' }
    const counters = countersAt({ now: 0 })
    const attachment = { config, mode: 'observe' as const }
    await tryPolicy(policy, attachment, exchangeOf({ client: 'a' }), { counters })
    const { reply, ending, x } = await tryPolicy(policy, attachment, exchangeOf({ client: 'a' }), {
      counters,
    })
    expect(ending).toBeUndefined()
    expect(reply.headers.has('ratelimit')).toBe(false)
    expect(x.trace[0]).toMatchObject({ verdict: 'refuse', code: 'rate-limit.exceeded' })
  })
})

describe('rate-limit when the counters fail', () => {
  const outage = countersFaults.unavailable()
  const failing: [string, Counters['take']][] = [
    ['reject', () => Promise.reject(outage)],
    [
      'throw',
      () => {
        throw outage
      },
    ],
  ]

  it.each(failing)('refuses with 503 when they %s', async (_, take) => {
    const { ending, reply } = await limiter({ limit: 9, window: '1m' }, { ...countersAt({ now: 0 }), take })()
    expect(ending).toMatchObject({ verdict: 'refuse', fault: { code: 'counters.unavailable' } })
    expect(reply.status).toBe(503)
    expect(reply.headers.has('ratelimit')).toBe(false)
  })

  it.each(failing)('lets the call pass where the operator chose so and they %s', async (_, take) => {
    const attachment = { failOpen: true, config: { limit: 9, window: '1m' } }
    const counters = { ...countersAt({ now: 0 }), take }
    const { ending, x } = await tryPolicy(policy, attachment, exchangeOf({ client: 'a' }), { counters })
    expect(ending).toBeUndefined()
    expect(x.trace[0]).toMatchObject({ verdict: 'proceed' })
  })
})

describe('rate-limit refuses to publish', () => {
  it.each([
    [{ limit: 0, window: '1m' }],
    [{ limit: 1.5, window: '1m' }],
    [{ limit: 1, window: '500ms' }],
    [{ limit: 1, window: '1500ms' }],
    [{ limit: 1, window: '32d' }],
    [{ limit: 1, window: 'soon' }],
    [{ limit: 1 }],
    [{ limit: 1, window: '1m', cost: 2 }],
    [{ limit: 5, window: '1m', burst: 1, cost: 2 }],
    [{ limit: 1, window: '31d', burst: 1000 }],
    [{ limit: 1, window: '1m', by: '' }],
    [{ limit: 1, window: '1m', cost: 0 }],
    [{ limit: 9, window: '1d', atMost: [{ limit: 2, window: '1s' }], cost: 3 }],
    [{ limit: 9, window: '1d', atMost: [{ limit: 2, window: '1d' }] }],
    [{ limit: 9, window: '1d', atMost: [{ limit: 2 }] }],
    [{ limit: 1, window: '1m', whenAway: 'hope' }],
    [{ limit: 1, window: '1m', name: 'a"b' }],
    [{ limit: 1, window: '1m', perSecond: 1 }],
  ])('%j', (config) => {
    expect(rateLimitContract.config.safeParse(config).success).toBe(false)
  })
})

/**
 * The plain model: a bucket per app that holds `burst` units and gets one back every `window / limit`. Counted in units
 * times `limit`, so that everything is whole.
 */
class Buckets {
  readonly #level = new Map<string, { atMillis: number; level: bigint }>()
  readonly #limit: bigint
  readonly #windowMillis: bigint
  readonly #full: bigint

  constructor(limit: number, windowMillis: number, burst: number) {
    this.#limit = BigInt(limit)
    this.#windowMillis = BigInt(windowMillis)
    this.#full = BigInt(burst) * this.#windowMillis
  }

  admits(app: string, nowMillis: number, cost: number): boolean {
    const bucket = this.#level.get(app) ?? { atMillis: nowMillis, level: this.#full }
    const refilled = bucket.level + BigInt(nowMillis - bucket.atMillis) * this.#limit
    const level = refilled < this.#full ? refilled : this.#full
    const price = BigInt(cost) * this.#windowMillis
    const admitted = level >= price
    this.#level.set(app, { atMillis: nowMillis, level: admitted ? level - price : level })
    return admitted
  }
}

describe('rate-limit and a plain model of buckets', () => {
  const limits = fc
    .record({
      limit: fc.integer({ min: 1, max: 40 }),
      windowSeconds: fc.integer({ min: 1, max: 90 }),
      burst: fc.integer({ min: 1, max: 20 }),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
    })
    .map((each) => ({ ...each, cost: 1 + Math.floor(each.share * (each.burst - 1)) }))
  const calls = fc.array(
    fc.record({
      app: fc.constantFrom('a', 'b'),
      pauseMillis: fc.oneof(fc.constant(0), fc.nat(3000), fc.nat(90_000)),
    }),
    { maxLength: 60 },
  )

  it('admit the same calls', async () => {
    await fc.assert(
      fc.asyncProperty(limits, calls, async ({ limit, windowSeconds, burst, cost }, sequence) => {
        const hand = { now: 1_700_000_000_000 }
        const call = limiter({ limit, window: `${windowSeconds}s`, burst, cost }, countersAt(hand))
        const model = new Buckets(limit, windowSeconds * 1000, burst)
        for (const { app, pauseMillis } of sequence) {
          hand.now += pauseMillis
          const { ending } = await call({ client: app })
          expect(ending === undefined).toBe(model.admits(app, hand.now, cost))
        }
      }),
      { numRuns: 200 },
    )
  })
})
