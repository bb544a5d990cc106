import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { WithCounters } from '../contract.ts'
import type { Counters, Limit, Span, Take } from '../port.ts'

const DAY_MILLIS = 86_400_000
const perDay: Limit = { limit: 20, windowMillis: DAY_MILLIS, burst: 20 }
const perSecond: Limit = { limit: 5, windowMillis: 1000, burst: 5 }

function day(number: number, limit: number): Span {
  return { limit, start: number * DAY_MILLIS, leftMillis: DAY_MILLIS }
}

async function takesAll(
  counters: Counters,
  key: string,
  limits: readonly (Limit | Span)[],
  cost = 1,
): Promise<boolean> {
  return (await counters.takeAll(key, limits, cost)).every(({ taken }) => taken)
}

/** What every engine guarantees of several limits of one key. */
export function takeAllContract(withCounters: WithCounters): void {
  describe('several limits of a key', () => {
    it('all have room, or nothing is taken from any', () =>
      withCounters(async ({ counters, advance }) => {
        const limits = [perDay, perSecond]
        for (let i = 0; i < 5; i++) expect(await takesAll(counters, 'key', limits)).toBe(true)
        for (let i = 0; i < 9; i++) {
          const [long, short] = await counters.takeAll('key', limits, 1)
          expect(long).toMatchObject({ taken: true, remaining: 15, retryAfterMillis: 0 })
          expect(short).toMatchObject({ taken: false, remaining: 0, retryAfterMillis: 200 })
        }
        for (let round = 0; round < 3; round++) {
          await advance(1000)
          for (let i = 0; i < 5; i++) expect(await takesAll(counters, 'key', limits)).toBe(true)
        }
        await advance(1000)
        const [long, short] = await counters.takeAll('key', limits, 1)
        expect(long).toMatchObject({ taken: false, remaining: 0 })
        expect(short).toMatchObject({ taken: true, remaining: 5, resetMillis: 0 })
      }))

    it('begin with the one that is known by itself', () =>
      withCounters(async ({ counters }) => {
        await counters.take('key', perDay, 12)
        expect((await counters.takeAll('key', [perDay, perSecond], 3))[0]).toMatchObject({ remaining: 5 })
        expect(await counters.take('key', perDay, 0)).toMatchObject({ remaining: 5 })
      }))

    it('tell what is left for a cost of 0 and take nothing', () =>
      withCounters(async ({ counters }) => {
        for (let i = 0; i < 3; i++) {
          const takes = await counters.takeAll('key', [perDay, day(1, 7)], 0)
          expect(takes.map(({ taken, remaining }) => [taken, remaining])).toEqual([
            [true, 20],
            [true, 7],
          ])
        }
      }))

    it('admit exactly what is left to any number of concurrent callers', () =>
      withCounters(async ({ counters }) => {
        const limits = [day(1, 40), perDay]
        const all = await Promise.all(Array.from({ length: 200 }, () => takesAll(counters, 'key', limits)))
        expect(all.filter(Boolean)).toHaveLength(20)
        expect((await counters.takeAll('key', limits, 0))[0]).toMatchObject({ remaining: 20 })
      }))
  })

  describe('a span', () => {
    it('counts exactly, gives nothing back before it is over, and says when that is', () =>
      withCounters(async ({ counters, advance }) => {
        const span = day(3, 3)
        for (let left = 2; left >= 0; left--) {
          expect(await counters.takeAll('key', [span], 1)).toEqual([
            { taken: true, remaining: left, retryAfterMillis: 0, resetMillis: DAY_MILLIS },
          ])
        }
        await advance(DAY_MILLIS - 1)
        const last = { ...span, leftMillis: 1 }
        expect(await counters.takeAll('key', [last], 1)).toEqual([
          { taken: false, remaining: 0, retryAfterMillis: 1, resetMillis: 1 },
        ])
        await advance(1)
        expect(await takesAll(counters, 'key', [day(4, 3)], 3)).toBe(true)
      }))

    it('never admits more than its limit, and says that waiting is in vain', () =>
      withCounters(async ({ counters }) => {
        const [take] = await counters.takeAll('key', [day(1, 3)], 4)
        expect(take).toMatchObject({ taken: false, remaining: 3, retryAfterMillis: Number.POSITIVE_INFINITY })
      }))

    it('counts for those whose clock is a little behind as long as it is asked for', () =>
      withCounters(async ({ counters, advance }) => {
        const brief: Span = { limit: 2, start: 60_000, leftMillis: 1000 }
        expect(await takesAll(counters, 'key', [brief], 2)).toBe(true)
        await advance(20_000)
        expect(await takesAll(counters, 'key', [{ ...brief, leftMillis: 0 }], 1)).toBe(false)
        expect(await takesAll(counters, 'key', [{ ...brief, start: 120_000 }], 1)).toBe(true)
      }))

    it('counts up to a thousand million', () =>
      withCounters(async ({ counters }) => {
        const span = day(1, 1_000_000_000)
        expect(await takesAll(counters, 'key', [span], 999_999_999)).toBe(true)
        expect((await counters.takeAll('key', [span], 1))[0]).toMatchObject({ taken: true, remaining: 0 })
        expect(await takesAll(counters, 'key', [span], 1)).toBe(false)
      }))

    it.each([{ limit: 0 }, { limit: 1_000_000_001 }, { limit: 1.5 }, { start: 0.5 }, { leftMillis: -1 }])(
      'is refused with %o',
      (part) =>
        withCounters(async ({ counters }) => {
          await expect(async () => counters.takeAll('key', [{ ...day(1, 1), ...part }], 1)).rejects.toThrow(
            RangeError,
          )
        }),
    )
  })

  it('answers every sequence of takes from several limits as the model does', () =>
    fc.assert(
      fc.asyncProperty(windows, sequences, ({ rate, fast, limit, spanMillis }, steps) =>
        withCounters(async ({ counters, advance }) => {
          const model = new Model(rate, fast, limit)
          let now = 0
          for (const { pauseMillis, cost } of steps) {
            await advance(pauseMillis)
            now += pauseMillis
            const start = Math.floor(now / spanMillis) * spanMillis
            const span: Span = { limit, start, leftMillis: start + spanMillis - now }
            const takes = await counters.takeAll('key', [rate, fast, span], cost)
            expect(takes.map(({ taken }) => taken)).toEqual(model.take(now, start, cost))
          }
        }),
      ),
      { numRuns: 100 },
    ))
}

const windows = fc.record({
  rate: fc.record({
    limit: fc.integer({ min: 1, max: 50 }),
    windowMillis: fc.integer({ min: 1, max: 100_000 }),
    burst: fc.integer({ min: 1, max: 40 }),
  }),
  fast: fc.record({
    limit: fc.integer({ min: 1, max: 20 }),
    windowMillis: fc.integer({ min: 1, max: 2000 }),
    burst: fc.integer({ min: 1, max: 8 }),
  }),
  limit: fc.integer({ min: 1, max: 40 }),
  spanMillis: fc.integer({ min: 1000, max: 90_000 }),
})

const sequences = fc.array(
  fc.record({
    pauseMillis: fc.oneof(fc.constant(0), fc.nat(300), fc.nat(20_000)),
    cost: fc.oneof(fc.constantFrom(0, 1, 1, 1), fc.nat(9)),
  }),
  { maxLength: 50 },
)

/** Two leaky buckets and a count, in whole numbers of any size. */
class Model {
  readonly #buckets: { readonly limit: Limit; level: bigint; at: number }[]
  readonly #spanLimit: number
  readonly #counted = new Map<number, number>()

  constructor(rate: Limit, fast: Limit, spanLimit: number) {
    this.#buckets = [rate, fast].map((limit) => ({ limit, level: 0n, at: 0 }))
    this.#spanLimit = spanLimit
  }

  /** Of each whether it had enough. */
  take(now: number, start: number, cost: number): Take['taken'][] {
    const rooms = this.#buckets.map((bucket) => {
      const { limit, windowMillis, burst } = bucket.limit
      const leaked = BigInt(limit) * BigInt(now - bucket.at)
      bucket.level = leaked > bucket.level ? 0n : bucket.level - leaked
      bucket.at = now
      return bucket.level + BigInt(cost * windowMillis) <= BigInt(burst * windowMillis)
    })
    const counted = this.#counted.get(start) ?? 0
    rooms.push(counted + cost <= this.#spanLimit)
    if (rooms.every(Boolean)) {
      for (const bucket of this.#buckets) bucket.level += BigInt(cost * bucket.limit.windowMillis)
      this.#counted.set(start, counted + cost)
    }
    return rooms
  }
}
