import type { Counters, Limit, Span, Take } from '@portcullis/ports/counters/port'
import { isSpan } from '@portcullis/ports/counters/span'

/** Units that were fetched ahead are good for so long. */
export const AHEAD_MILLIS = 1_000
/** No more than this part of a burst is fetched ahead for one thread. */
const MOST_OF_BURST = 1 / 100
/** Beyond that all that was fetched ahead is forgotten: it is lost to callers, and never admitted twice. */
const MAX_KEYS = 10_000

export interface CountersAheadOptions {
  readonly shared: Counters
  /** Milliseconds, of a clock that is never set back; the process's own when absent. */
  readonly now?: () => number
}

/** What a thread has of one key. */
interface Purse {
  left: number
  /** Until when what is left is good. */
  until: number
  /** Until when there is not enough to fetch ahead. */
  scarceUntil: number
  /** Spent since `began`, and over the stretch before: as much is fetched ahead. */
  spent: number
  before: number
  began: number
  /** What the engine said when it was asked last. */
  takes: readonly Take[]
  /** The engine is being asked; others wait for it. */
  asking: Promise<void> | undefined
}

/**
 * Counters of one thread that ask a shared engine less often: of limits that are `approximate`, as many units are fetched
 * ahead as the thread spent in the last second, and at most a hundredth of the burst.
 *
 * What is spent was taken from the engine before, no more than a second ago: over any time, all threads together admit at
 * most what an exact limit admits over that time and a second. Each holds back at most a hundredth of the burst from the
 * others, for at most a second; what it did not spend by then is lost to all.
 */
export function openCountersAhead({ shared, now = () => performance.now() }: CountersAheadOptions): Counters {
  const purses = new Map<string, Purse>()

  function purseOf(key: string, at: number): Purse {
    const known = purses.get(key)
    if (known !== undefined) return known
    if (purses.size >= MAX_KEYS) purses.clear()
    const purse: Purse = {
      ...{ left: 0, until: 0, scarceUntil: 0 },
      ...{ spent: 0, before: 0, began: at },
      takes: [],
      asking: undefined,
    }
    purses.set(key, purse)
    return purse
  }

  async function takeAll(
    key: string,
    limits: readonly (Limit | Span)[],
    cost: number,
  ): Promise<readonly Take[]> {
    const most = mostAhead(limits)
    if (most <= cost || cost === 0) return shared.takeAll(key, limits, cost)
    for (;;) {
      const at = now()
      const purse = purseOf(key, at)
      if (at < purse.until && purse.left >= cost) return spend(purse, cost, at)
      if (at < purse.scarceUntil) return shared.takeAll(key, limits, cost)
      if (purse.asking !== undefined) {
        await purse.asking
        continue
      }
      const { promise, resolve } = Promise.withResolvers<void>()
      purse.asking = promise
      try {
        return await fetchAhead(purse, key, limits, cost, most, at)
      } finally {
        purse.asking = undefined
        resolve()
      }
    }
  }

  async function fetchAhead(
    purse: Purse,
    key: string,
    limits: readonly (Limit | Span)[],
    cost: number,
    most: number,
    at: number,
  ): Promise<readonly Take[]> {
    settle(purse, at)
    const wanted = Math.min(most, Math.max(cost, purse.before, purse.spent))
    const kept = at < purse.until ? purse.left : 0
    const takes = await shared.takeAll(key, limits, wanted)
    if (!takes.every(({ taken }) => taken)) {
      purse.scarceUntil = at + AHEAD_MILLIS
      return wanted === cost ? takes : shared.takeAll(key, limits, cost)
    }
    // The engine counted them when it was asked.
    purse.until = at + AHEAD_MILLIS
    purse.left = kept + wanted
    purse.takes = takes
    return spend(purse, cost, at)
  }

  return {
    async take(key, limit, cost) {
      if (limit.precision !== 'approximate') return shared.take(key, limit, cost)
      return (await takeAll(key, [limit], cost))[0] as Take
    },
    async takeAll(key, limits, cost) {
      const isAhead =
        limits.length > 0 && limits.every((each) => !isSpan(each) && each.precision === 'approximate')
      return isAhead ? takeAll(key, limits, cost) : shared.takeAll(key, limits, cost)
    },
    hold: (key, places) => shared.hold(key, places),
    close: () => shared.close(),
  }
}

function mostAhead(limits: readonly (Limit | Span)[]): number {
  return Math.floor(Math.min(...limits.map((each) => (isSpan(each) ? 0 : each.burst))) * MOST_OF_BURST)
}

function spend(purse: Purse, cost: number, at: number): readonly Take[] {
  settle(purse, at)
  purse.left -= cost
  purse.spent += cost
  return purse.takes.map((take) => ({ ...take, remaining: take.remaining + purse.left, approximate: true }))
}

/** Begins to count anew after each stretch. */
function settle(purse: Purse, at: number): void {
  if (at - purse.began < AHEAD_MILLIS) return
  purse.before = at - purse.began < 2 * AHEAD_MILLIS ? purse.spent : 0
  purse.spent = 0
  purse.began = at
}
