import { FRACTIONS_PER_MILLI } from '@portcullis/ports/counters/gcra'
import { type Arrival, packArrival, unpackArrival } from './arrival-word.ts'

/**
 * A count and the moment until which it counts, as one word on the same line of time as arrival times: the second at
 * which it is over, and within that second as many steps as there are units. So it also passes away by itself.
 */
export interface Count {
  untilMillis: number
  count: number
}

/** The most that fits into the steps of a second. */
export const MAX_COUNT = 1000 * FRACTIONS_PER_MILLI - 1

const arrival: Arrival = { millis: 0, fraction: 0 }

/** The moment is taken up to the next whole second. */
export function packCount(untilMillis: number, count: number): bigint {
  const second = Math.ceil(untilMillis / 1000) * 1000
  return packArrival(second + Math.floor(count / FRACTIONS_PER_MILLI), count % FRACTIONS_PER_MILLI)
}

/** Writes the parts of a word into `out`. */
export function unpackCount(word: bigint, out: Count): void {
  unpackArrival(word, arrival)
  const withinSecond = arrival.millis % 1000
  out.untilMillis = arrival.millis - withinSecond
  out.count = withinSecond * FRACTIONS_PER_MILLI + arrival.fraction
}
