import type { Clock } from './port.ts'

export interface ManualClock extends Clock {
  advance(millis: number): void
  /** To a moment that is not before the present one: a clock never runs backwards. */
  set(millis: number): void
}

/** A clock that stands still until it is told to go on. Starts at the beginning of 2026 unless told otherwise. */
export function manualClock(startMillis = Date.UTC(2026, 0, 1)): ManualClock {
  let present = startMillis
  const set = (millis: number): void => {
    if (!(millis >= present))
      throw new RangeError(`a clock never runs backwards, from ${present} to ${millis}`)
    present = millis
  }
  return { now: () => present, advance: (millis) => set(present + millis), set }
}
