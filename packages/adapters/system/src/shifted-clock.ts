import type { Clock } from '@portcullis/ports/clock/port'
import { systemClock } from './system-clock.ts'

/** The system's clock, set ahead in all threads at once: so a test lets hours pass. */
export interface ShiftedClock extends Clock {
  /** How far ahead, in milliseconds. Another thread that opens a clock on the same memory is told the same time. */
  readonly shift: SharedArrayBuffer
  pass(millis: number): void
}

/** A clock that can be told to another thread: the system's own, or that one shifted. */
export type ThreadClock = Clock & { readonly shift?: SharedArrayBuffer }

export function shiftedClock(shift = new SharedArrayBuffer(8)): ShiftedClock {
  const ahead = new BigInt64Array(shift)
  const clock = systemClock()
  return {
    shift,
    now: () => clock.now() + Number(Atomics.load(ahead, 0)),
    pass(millis) {
      Atomics.add(ahead, 0, BigInt(Math.round(millis)))
    },
  }
}
