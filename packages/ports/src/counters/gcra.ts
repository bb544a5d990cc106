import type { Limit, Take } from './port.ts'

/**
 * The arithmetic of GCRA without drift, for engines that count in this process.
 *
 * A counter is one moment: its arrival time, at which everything spent will be back. Under a limit every arrival time is
 * a whole multiple of `1 / limit` milliseconds, which no fixed unit of time can hold: a third of a second, kept in
 * nanoseconds, is off after three takes. So a limit is counted in ticks of its own, in which a unit's way back is a
 * whole number, and an arrival time is kept with a fraction fine enough to find its tick again.
 */
export interface Pace {
  readonly burst: number
  readonly ticksPerMilli: number
  readonly ticksPerUnit: number
  readonly ticksPerBurst: number
}

/** Fractions of a millisecond are kept in 2⁻²⁰, just under a nanosecond: a tick of up to 2²⁰ a millisecond is found again. */
export const FRACTIONS_PER_MILLI = 2 ** 20

const MAX_VALUE = 2 ** 40
/** Sums of two amounts of ticks stay exact in a number. */
const MAX_TICKS = 2 ** 52

// A limit is declared once and used for every call: its pace is computed once.
const paces = new WeakMap<Limit, Pace>()

/**
 * The pace of a limit. Exact when `limit / gcd(limit, windowMillis)` is at most 2²⁰ and a burst fits into 2⁵² ticks,
 * as for any limit that people write; else a unit takes up to one tick longer to come back, never less.
 * Throws a `RangeError` for a limit that is not whole, below 1 or beyond 2⁴⁰ (a burst: 34 years).
 */
export function paceOf(limit: Limit): Pace {
  const known = paces.get(limit)
  if (known !== undefined) return known
  const pace = compute(limit)
  paces.set(limit, pace)
  return pace
}

/** What is spent, in ticks, of a counter with this arrival time. Never more than a burst, also where the limit was lowered. */
export function spentTicks(pace: Pace, arrivalMillis: number, fraction: number, nowMillis: number): number {
  const ahead = arrivalMillis - nowMillis
  if (ahead < 0) return 0
  const ticks = ahead * pace.ticksPerMilli + Math.round((fraction * pace.ticksPerMilli) / FRACTIONS_PER_MILLI)
  return ticks < pace.ticksPerBurst ? ticks : pace.ticksPerBurst
}

/** Whether `cost` can be taken on top of what is spent, and all that the caller is told about it. */
export function decide(pace: Pace, spent: number, cost: number): Take {
  if (!Number.isSafeInteger(cost) || cost < 0) {
    throw new RangeError(`a cost is a whole number of units, not ${cost}`)
  }
  const wanted = spent + ticksOf(pace, cost)
  const taken = wanted <= pace.ticksPerBurst
  const left = taken ? wanted : spent
  return {
    taken,
    remaining: Math.floor((pace.ticksPerBurst - left) / pace.ticksPerUnit),
    retryAfterMillis: taken ? 0 : Math.ceil((wanted - pace.ticksPerBurst) / pace.ticksPerMilli),
    resetMillis: Math.ceil(left / pace.ticksPerMilli),
  }
}

/** More than a burst never comes together, however long one waits. */
function ticksOf(pace: Pace, cost: number): number {
  return cost > pace.burst ? Number.POSITIVE_INFINITY : cost * pace.ticksPerUnit
}

/** What is spent after `cost` was taken. */
export function spentAfter(pace: Pace, spent: number, cost: number): number {
  return spent + cost * pace.ticksPerUnit
}

/** The whole milliseconds of the arrival time at which so many ticks will be back. */
export function arrivalMillis(pace: Pace, spent: number, nowMillis: number): number {
  return nowMillis + Math.floor(spent / pace.ticksPerMilli)
}

/** The rest of that arrival time, in `FRACTIONS_PER_MILLI`. */
export function arrivalFraction(pace: Pace, spent: number): number {
  return Math.round(((spent % pace.ticksPerMilli) * FRACTIONS_PER_MILLI) / pace.ticksPerMilli)
}

function compute({ limit, windowMillis, burst }: Limit): Pace {
  for (const [name, value] of Object.entries({ limit, windowMillis, burst })) {
    if (!Number.isSafeInteger(value) || value < 1 || value > MAX_VALUE) {
      throw new RangeError(`${name} of a limit is a whole number from 1 to 2^40, not ${value}`)
    }
  }
  if ((burst / limit) * windowMillis > MAX_VALUE) {
    throw new RangeError(`a burst of ${burst} comes back within 34 years at most, or it is no limit`)
  }
  const common = gcd(limit, windowMillis)
  const exact = pace(burst, limit / common, windowMillis / common)
  if (exact.ticksPerMilli <= FRACTIONS_PER_MILLI && exact.ticksPerBurst <= MAX_TICKS) return exact
  return nearest(limit, windowMillis, burst)
}

/** The finest pace that numbers can hold and that gives no unit back too early. At one tick a millisecond any limit fits. */
function nearest(limit: number, windowMillis: number, burst: number): Pace {
  for (let ticksPerMilli = FRACTIONS_PER_MILLI; ; ticksPerMilli /= 2) {
    const perUnit = Number((BigInt(windowMillis) * BigInt(ticksPerMilli) + BigInt(limit - 1)) / BigInt(limit))
    if (burst * perUnit <= MAX_TICKS) return pace(burst, ticksPerMilli, perUnit)
  }
}

function pace(burst: number, ticksPerMilli: number, ticksPerUnit: number): Pace {
  return { burst, ticksPerMilli, ticksPerUnit, ticksPerBurst: burst * ticksPerUnit }
}

function gcd(a: number, b: number): number {
  let [x, y] = [a, b]
  while (y !== 0) [x, y] = [y, x % y]
  return x
}
