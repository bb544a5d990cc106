import type { Attachment } from '@portcullis/model/attachment'
import { anyPolicy } from '@portcullis/policy-kit/policy'
import { testExchange, tryPolicy } from '@portcullis/policy-kit/test-kit'
import { manualClock } from '@portcullis/ports/clock/memory'
import { awayCounters } from '@portcullis/ports/counters/away'
import { openMemoryCounters } from '@portcullis/ports/counters/memory'
import type { Counters } from '@portcullis/ports/counters/port'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { quotaContract } from './contract.ts'
import { quota } from './policy.ts'

const policy = anyPolicy(quota)
const BERLIN = 'Europe/Berlin'

/** A quota in force on a clock that is set by hand. */
function open(config: Attachment['config'], at: string, counted?: Counters) {
  const clock = manualClock(Date.parse(at))
  const counters = counted ?? openMemoryCounters(clock)
  const call = (remoteAddress = '192.0.2.1') =>
    tryPolicy(policy, { config }, testExchange({ remoteAddress }), { counters, clock })
  return { clock, call }
}

describe('quota', () => {
  it('admits exactly its limit in a period, and tells what is left and when the next begins', async () => {
    const { call } = open({ limit: 3, per: 'day', zone: BERLIN, name: 'orders' }, '2026-11-22T22:59:00Z')
    for (let left = 2; left >= 0; left--) {
      const { ending, reply } = await call()
      expect(ending).toBeUndefined()
      expect(reply.headers.get('ratelimit-policy')).toBe('"orders";q=3;w=86400')
      expect(reply.headers.get('ratelimit')).toBe(`"orders";r=${left};t=60`)
    }
    const { ending, reply } = await call()
    expect(ending).toMatchObject({ verdict: 'refuse', fault: { code: 'quota.exceeded', status: 429 } })
    expect(reply.headers.get('retry-after')).toBe('60')
    expect((await call('192.0.2.2')).ending, 'another caller').toBeUndefined()
  })

  it('begins anew at midnight on the wall of its zone, and not a moment earlier', async () => {
    const { clock, call } = open({ limit: 1, per: 'day', zone: BERLIN }, '2026-03-28T23:00:00Z')
    await call()
    // The clocks are put forward: this day has 23 hours.
    clock.set(Date.parse('2026-03-29T21:59:59.999Z'))
    expect((await call()).reply.status).toBe(429)
    clock.advance(1)
    const { ending, reply } = await call()
    expect(ending).toBeUndefined()
    expect(reply.headers.get('ratelimit-policy')).toContain(';w=86400')
  })

  it('tells the length of a month as it is', async () => {
    const { reply } = await open({ limit: 1, per: 'month' }, '2028-02-10T00:00:00Z').call()
    expect(reply.headers.get('ratelimit-policy')).toBe(`"app-month";q=1;w=${29 * 86_400}`)
  })

  it('says that waiting is in vain where a call costs more than there ever is', async () => {
    const { call } = open({ limit: 9, per: 'hour' }, '2026-01-01T00:00:00Z')
    expect((await call()).ending).toBeUndefined()
    expect(quotaContract.config.safeParse({ limit: 9, per: 'hour', cost: 10 }).success).toBe(false)
  })

  it('refuses with 503 when the counters are away, and passes where the operator chose so', async () => {
    const config = { limit: 9, per: 'hour' }
    const { ending } = await open(config, '2026-01-01T00:00:00Z', awayCounters()).call()
    expect(ending).toMatchObject({ fault: { code: 'counters.unavailable', status: 503 } })
    const ports = { counters: awayCounters(), clock: manualClock() }
    const passed = await tryPolicy(policy, { config, failOpen: true }, testExchange(), ports)
    expect(passed.ending).toBeUndefined()
  })

  it('hands on what becomes of it while they are away, and records how it was answered', async () => {
    const clock = manualClock()
    const near = openMemoryCounters(clock)
    const counters: Counters = {
      ...near,
      async takeAll(key, limits, cost) {
        expect(limits[0]?.whenAway).toBe('local')
        return (await near.takeAll(key, limits, cost)).map((take) => ({ ...take, away: 'local' as const }))
      },
    }
    const config = { limit: 9, per: 'hour', whenAway: 'local' }
    const { x } = await tryPolicy(policy, { config }, testExchange(), { counters, clock })
    expect(x.trace[0]?.saw).toMatchObject({ away: 'local', remaining: 8 })
  })

  it.each([
    [{ limit: 0, per: 'day' }],
    [{ limit: 1, per: 'year' }],
    [{ limit: 1, per: 'day', zone: 'Mars/Olympus' }],
    [{ limit: 1 }],
  ])('is not published with %j', (config) => {
    expect(quotaContract.config.safeParse(config).success).toBe(false)
  })

  it('admits what a plain count by dates admits, whatever comes when', async () => {
    const pauses = fc.array(fc.oneof(fc.nat(3_600_000), fc.nat(40_000_000)), { maxLength: 60 })
    const limit = fc.integer({ min: 1, max: 6 })
    await fc.assert(
      fc.asyncProperty(limit, pauses, async (most, sequence) => {
        const { clock, call } = open({ limit: most, per: 'day', zone: BERLIN }, '2026-03-25T12:00:00Z')
        const counted = new Map<string, number>()
        for (const pause of sequence) {
          clock.advance(pause)
          const date = new Date(clock.now()).toLocaleDateString('sv-SE', { timeZone: BERLIN })
          const before = counted.get(date) ?? 0
          counted.set(date, Math.min(most, before + 1))
          expect((await call()).ending === undefined).toBe(before < most)
        }
      }),
      { numRuns: 60 },
    )
  })
})
