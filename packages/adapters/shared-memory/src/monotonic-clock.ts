import type { Clock } from '@portcullis/ports/clock/port'

/**
 * Milliseconds of the machine's steady clock, the same in all threads of the process. Whoever sets the wall clock
 * does not hand out limits anew with it, nor lock callers out. It counts from an origin of its own, not from the epoch:
 * good for counting alone.
 */
export function monotonicClock(): Clock {
  // `performance.now()` is the same clock, four times cheaper, but counts from the start of the thread.
  const threadStartMillis = Number(process.hrtime.bigint()) / 1e6 - performance.now()
  return { now: () => threadStartMillis + performance.now() }
}
