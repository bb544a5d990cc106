import { Duration } from '@portcullis/kernel/duration'
import type { Limit } from '@portcullis/ports/counters/port'
import type { ThrottleConfig } from './contract.ts'

/** What is asked of the counters, and what their answer means. */
export interface Turns {
  readonly limit: Limit
  /** Milliseconds until a call's turn, once everything before it, and it itself, will be back in so many. */
  waitMillis(resetMillis: number): number
}

/**
 * Turns are taken from a bucket that holds the burst and, on top of it, all that may wait: what is taken beyond the burst
 * is owed, and a call's turn is when no more than the burst is. So one number bounds the length of the line and the time in
 * it, exactly, however many threads and gateways share it.
 */
export function turnsOf({ limit, window, burst, maxWaiting, maxWait, whenAway }: ThrottleConfig): Turns {
  const windowMillis = Duration.parse(window).milliseconds
  const inTime = Math.floor((Duration.parse(maxWait).milliseconds * limit) / windowMillis)
  const burstMillis = (burst * windowMillis) / limit
  return {
    limit: { limit, windowMillis, burst: burst + Math.min(maxWaiting, inTime), whenAway },
    waitMillis: (resetMillis) => Math.max(0, Math.ceil(resetMillis - burstMillis)),
  }
}
