import type { Clock } from '../clock/port.ts'
import { arrivalFraction, arrivalMillis, decide, paceOf, spentAfter, spentTicks } from './gcra.ts'
import { type Counters, countersFaults } from './port.ts'

interface Arrival {
  readonly millis: number
  readonly fraction: number
}

const NOTHING_SPENT: Arrival = { millis: 0, fraction: 0 }

/** Counters of one thread, for tests and for what runs in one thread alone. Holds at most `capacity` keys that owe anything. */
export function openMemoryCounters(clock: Clock, capacity = 100_000): Counters {
  const arrivals = new Map<string, Arrival>()

  const makeRoom = (nowMillis: number): void => {
    for (const [key, arrival] of arrivals) if (arrival.millis < nowMillis) arrivals.delete(key)
    if (arrivals.size >= capacity)
      throw countersFaults.full({ internal: `all ${capacity} counters are in use` })
  }

  return {
    take(key, limit, cost) {
      const pace = paceOf(limit)
      const now = Math.floor(clock.now())
      const arrival = arrivals.get(key) ?? NOTHING_SPENT
      const spent = spentTicks(pace, arrival.millis, arrival.fraction, now)
      const take = decide(pace, spent, cost)
      if (!take.taken || cost === 0) return take
      if (arrivals.size >= capacity && !arrivals.has(key)) makeRoom(now)
      const after = spentAfter(pace, spent, cost)
      arrivals.set(key, { millis: arrivalMillis(pace, after, now), fraction: arrivalFraction(pace, after) })
      return take
    },
    close: () => Promise.resolve(),
  }
}
