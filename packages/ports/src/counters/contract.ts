import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { holdContract } from './contract/hold.ts'
import { takeAllContract } from './contract/take-all.ts'
import type { Counters, Limit, Take } from './port.ts'

export interface CountersUnderTest {
  readonly counters: Counters
  /** Of an engine that several share: another holder of places, in another thread or on another node. */
  readonly other?: Counters
  /** Moves the engine's own clock on. */
  advance(millis: number): void | Promise<void>
}

const DAY_MILLIS = 86_400_000
const tenPerSecond: Limit = { limit: 10, windowMillis: 1000, burst: 10 }
const threePerSecond: Limit = { limit: 3, windowMillis: 1000, burst: 3 }

/** What every engine behind the counters guarantees. `open` gives fresh counters on a clock that stands still. */
export function countersContract(
  name: string,
  open: () => CountersUnderTest | Promise<CountersUnderTest>,
): void {
  const withCounters: WithCounters = async (test) => {
    const under = await open()
    try {
      await test(under)
    } finally {
      await under.other?.close()
      await under.counters.close()
    }
  }

  describe(`counters contract: ${name}`, () => {
    it('admits a burst and not one unit more', () =>
      withCounters(async ({ counters }) => {
        for (let left = 9; left >= 0; left--) {
          const take = await counters.take('key', tenPerSecond, 1)
          expect(take).toEqual({
            taken: true,
            remaining: left,
            retryAfterMillis: 0,
            resetMillis: (10 - left) * 100,
          })
        }
        const refused = await counters.take('key', tenPerSecond, 1)
        expect(refused).toEqual({ taken: false, remaining: 0, retryAfterMillis: 100, resetMillis: 1000 })
      }))

    it('admits again exactly when it said it would, and not a millisecond earlier', () =>
      withCounters(async ({ counters, advance }) => {
        await counters.take('key', tenPerSecond, 8)
        const { taken, retryAfterMillis } = await counters.take('key', tenPerSecond, 5)
        expect([taken, retryAfterMillis]).toEqual([false, 300])
        await advance(299)
        expect(await counters.take('key', tenPerSecond, 5)).toMatchObject({
          taken: false,
          retryAfterMillis: 1,
        })
        await advance(1)
        expect(await counters.take('key', tenPerSecond, 5)).toMatchObject({ taken: true, remaining: 0 })
      }))

    it('has everything back when it said it would', () =>
      withCounters(async ({ counters, advance }) => {
        const { resetMillis } = await counters.take('key', tenPerSecond, 7)
        await advance(resetMillis)
        expect(await counters.take('key', tenPerSecond, 0)).toMatchObject({ remaining: 10, resetMillis: 0 })
      }))

    it('takes nothing when it refuses', () =>
      withCounters(async ({ counters }) => {
        await counters.take('key', tenPerSecond, 8)
        for (let i = 0; i < 5; i++) await counters.take('key', tenPerSecond, 3)
        expect(await counters.take('key', tenPerSecond, 2)).toMatchObject({ taken: true, remaining: 0 })
      }))

    it('tells what is left for a cost of 0 and takes nothing', () =>
      withCounters(async ({ counters }) => {
        await counters.take('key', tenPerSecond, 4)
        for (let i = 0; i < 3; i++) {
          const look = await counters.take('key', tenPerSecond, 0)
          expect(look).toEqual({ taken: true, remaining: 6, retryAfterMillis: 0, resetMillis: 400 })
        }
      }))

    it('never admits more than a burst at once, and says that waiting is in vain', () =>
      withCounters(async ({ counters, advance }) => {
        const never = { taken: false, remaining: 10, retryAfterMillis: Number.POSITIVE_INFINITY }
        expect(await counters.take('key', tenPerSecond, 11)).toMatchObject(never)
        await advance(DAY_MILLIS)
        expect(await counters.take('key', tenPerSecond, 11)).toMatchObject(never)
      }))

    it('counts every key by itself', () =>
      withCounters(async ({ counters }) => {
        const once: Limit = { limit: 1, windowMillis: 1000, burst: 1 }
        const keys = [
          '',
          'a',
          'b',
          'ab',
          'é',
          '\u0000',
          '\u0000\u0000',
          '漢字',
          'a'.repeat(1000),
          'a'.repeat(1001),
        ]
        for (const key of keys) expect(await counters.take(key, once, 1)).toMatchObject({ taken: true })
        for (const key of keys) expect(await counters.take(key, once, 1)).toMatchObject({ taken: false })
      }))

    it('admits one per window where the limit is 1', () =>
      withCounters(async ({ counters, advance }) => {
        const once: Limit = { limit: 1, windowMillis: 60_000, burst: 1 }
        expect(await counters.take('key', once, 1)).toMatchObject({ taken: true, remaining: 0 })
        await advance(59_999)
        expect(await counters.take('key', once, 1)).toMatchObject({ taken: false, retryAfterMillis: 1 })
        await advance(1)
        expect(await counters.take('key', once, 1)).toMatchObject({ taken: true })
      }))

    it('does not drift where a unit takes a third of a second', () =>
      withCounters(async ({ counters, advance }) => {
        for (let window = 0; window < 300; window++) {
          for (let unit = 0; unit < 3; unit++) {
            expect(await counters.take('key', threePerSecond, 1)).toMatchObject({ taken: true })
          }
          expect(await counters.take('key', threePerSecond, 1)).toMatchObject({
            taken: false,
            retryAfterMillis: 334,
          })
          await advance(1000)
        }
      }))

    it('counts in windows of years and bursts of terabytes', () =>
      withCounters(async ({ counters, advance }) => {
        const yearly: Limit = { limit: 7, windowMillis: 365 * DAY_MILLIS, burst: 7 }
        expect(await counters.take('year', yearly, 7)).toMatchObject({ resetMillis: 365 * DAY_MILLIS })
        await advance(Math.floor((365 * DAY_MILLIS) / 7))
        expect(await counters.take('year', yearly, 1)).toMatchObject({ taken: false, retryAfterMillis: 1 })

        const bytes: Limit = { limit: 1e12, windowMillis: DAY_MILLIS, burst: 1e12 }
        expect(await counters.take('bytes', bytes, 1e12)).toMatchObject({ taken: true, remaining: 0 })
        expect(await counters.take('bytes', bytes, 1)).toMatchObject({ taken: false, retryAfterMillis: 1 })
        await advance(DAY_MILLIS)
        expect(await counters.take('bytes', bytes, 1e12)).toMatchObject({ taken: true })
      }))

    it('carries over what is spent when a limit changes, as one full burst at most', () =>
      withCounters(async ({ counters }) => {
        await counters.take('key', { limit: 1000, windowMillis: DAY_MILLIS, burst: 1000 }, 1000)
        expect(await counters.take('key', tenPerSecond, 1)).toEqual({
          taken: false,
          remaining: 0,
          retryAfterMillis: 100,
          resetMillis: 1000,
        })
      }))

    it.each([-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY])('refuses a cost of %s', (cost) =>
      withCounters(async ({ counters }) => {
        await expect(async () => counters.take('key', tenPerSecond, cost)).rejects.toThrow(RangeError)
      }),
    )

    it.each([
      { limit: 0 },
      { limit: 1.5 },
      { windowMillis: 0 },
      { burst: 0 },
      { burst: -1 },
      { burst: Number.POSITIVE_INFINITY },
      { windowMillis: 2 ** 40, burst: 1000 },
    ])('refuses the limit %o', (part) =>
      withCounters(async ({ counters }) => {
        const limit = { ...tenPerSecond, ...part }
        await expect(async () => counters.take('key', limit, 1)).rejects.toThrow(RangeError)
      }),
    )

    it('admits exactly a burst to any number of concurrent callers', () =>
      withCounters(async ({ counters }) => {
        const limit: Limit = { limit: 100, windowMillis: DAY_MILLIS, burst: 50 }
        const takes = await Promise.all(
          Array.from({ length: 500 }, async () => counters.take('key', limit, 1)),
        )
        expect(takes.filter((take) => take.taken)).toHaveLength(50)
      }))

    it('answers every sequence of takes as the model does, and admits in no span of time more than a burst and what came back', () =>
      fc.assert(
        fc.asyncProperty(limits, sequences, (limit, steps) =>
          withCounters(async ({ counters, advance }) => {
            const model = new LeakyBucket(limit)
            const admitted: Admission[] = []
            let now = 0
            for (const { pause, cost } of steps) {
              const millis = Math.floor((pause * limit.windowMillis) / limit.limit)
              await advance(millis)
              now += millis
              const take = await counters.take('key', limit, cost)
              expect(take).toEqual(model.take(now, cost))
              if (take.taken) admitted.push({ at: now, units: cost })
            }
            expectNoExcess(limit, admitted)
          }),
        ),
        { numRuns: 150 },
      ))

    it('admits nothing in excess under limits that no tick divides', () =>
      fc.assert(
        fc.asyncProperty(crookedLimits, sequences, (limit, steps) =>
          withCounters(async ({ counters, advance }) => {
            const admitted: Admission[] = []
            let now = 0
            for (const { pause, cost } of steps) {
              const millis = Math.floor(pause * 3)
              await advance(millis)
              now += millis
              const units = Math.floor((cost * limit.burst) / 8)
              const take = await counters.take('key', limit, units)
              if (take.taken) admitted.push({ at: now, units })
            }
            expectNoExcess(limit, admitted)
          }),
        ),
        { numRuns: 50 },
      ))

    takeAllContract(withCounters)
    holdContract(withCounters)
  })
}

/** Opens fresh counters for a test and closes them behind it. */
export type WithCounters = (test: (under: CountersUnderTest) => Promise<void>) => Promise<void>

const limits: fc.Arbitrary<Limit> = fc.record({
  limit: fc.oneof(fc.integer({ min: 1, max: 1000 }), fc.integer({ min: 1, max: 2 ** 20 })),
  windowMillis: fc.oneof(
    fc.constantFrom(1, 1000, 60_000, 3_600_000, DAY_MILLIS),
    fc.integer({ min: 1, max: 31 * DAY_MILLIS }),
  ),
  burst: fc.integer({ min: 1, max: 12 }),
})

/** More ticks a millisecond than a fraction of a millisecond is kept in. */
const crookedLimits: fc.Arbitrary<Limit> = fc.record({
  limit: fc.constantFrom(1_048_583, 16_777_259, 2 ** 31 - 1),
  windowMillis: fc.constantFrom(1000, 60_000, 3_600_000),
  burst: fc.integer({ min: 1000, max: 2_000_000 }),
})

/** Pauses in emission intervals, so that limits of any size are met near their edges. */
const sequences = fc.array(
  fc.record({
    pause: fc.oneof(
      fc.constantFrom(0, 0, 1, 2),
      fc.double({ min: 0, max: 4, noNaN: true }),
      fc.constantFrom(50),
    ),
    cost: fc.oneof(fc.constantFrom(0, 1, 1, 1), fc.integer({ min: 0, max: 14 })),
  }),
  { maxLength: 60 },
)

/**
 * The same promise said in another way: a bucket that leaks `limit` drops a millisecond, into which a unit pours
 * `windowMillis` drops and which holds `burst` units. Whole numbers of any size, so nothing is rounded.
 */
class LeakyBucket {
  readonly #leak: bigint
  readonly #unit: bigint
  readonly #size: bigint
  #level = 0n
  #at = 0

  constructor({ limit, windowMillis, burst }: Limit) {
    this.#leak = BigInt(limit)
    this.#unit = BigInt(windowMillis)
    this.#size = this.#unit * BigInt(burst)
  }

  take(nowMillis: number, cost: number): Take {
    const leaked = this.#leak * BigInt(nowMillis - this.#at)
    this.#level = leaked > this.#level ? 0n : this.#level - leaked
    this.#at = nowMillis
    const poured = this.#level + this.#unit * BigInt(cost)
    const taken = poured <= this.#size
    if (taken) this.#level = poured
    const isHopeless = this.#unit * BigInt(cost) > this.#size
    return {
      taken,
      remaining: Number((this.#size - this.#level) / this.#unit),
      retryAfterMillis: taken ? 0 : isHopeless ? Number.POSITIVE_INFINITY : this.#drain(poured - this.#size),
      resetMillis: this.#drain(this.#level),
    }
  }

  #drain(drops: bigint): number {
    return Number((drops + this.#leak - 1n) / this.#leak)
  }
}

interface Admission {
  readonly at: number
  readonly units: number
}

/** Looks at every span of time between two admissions, with no idea of how the counter counts. */
function expectNoExcess({ limit, windowMillis, burst }: Limit, admitted: readonly Admission[]): void {
  for (let first = 0; first < admitted.length; first++) {
    let units = 0
    for (const { at, units: more } of admitted.slice(first)) {
      units += more
      const span = at - (admitted[first] as Admission).at
      const allowed = BigInt(burst) * BigInt(windowMillis) + BigInt(limit) * BigInt(span)
      expect(BigInt(units) * BigInt(windowMillis) <= allowed).toBe(true)
    }
  }
}
