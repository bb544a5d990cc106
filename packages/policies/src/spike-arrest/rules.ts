import { Duration } from '@portcullis/kernel/duration'
import type { Limit } from '@portcullis/ports/counters/port'
import type { SpikeArrestConfig } from './contract.ts'

/** Calls that were sent evenly do not arrive evenly: so far they may come together on their way. */
const JITTER_MILLIS = 100

/** The smoothing limit: what may come at once is a small part of what may come in a window. */
export function smoothedLimit({ limit, window, burst, whenAway }: SpikeArrestConfig): Limit {
  const windowMillis = Duration.parse(window).milliseconds
  const together = Math.max(1, Math.floor((limit * JITTER_MILLIS) / windowMillis))
  return { limit, windowMillis, burst: burst ?? together, whenAway }
}
