import { arrivalFraction, arrivalMillis, type Pace, spentAfter } from '@portcullis/ports/counters/gcra'
import { packArrival } from './arrival-word.ts'

/** The arrival time once `cost` was taken on top of what is spent. */
export function wordAfter(pace: Pace, spent: number, cost: number, now: number): bigint {
  const after = spentAfter(pace, spent, cost)
  return packArrival(arrivalMillis(pace, after, now), arrivalFraction(pace, after))
}
