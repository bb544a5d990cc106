import type { Clock } from '@portcullis/ports/clock/port'

/**
 * The machine's wall clock, except that it never runs backwards. Where somebody sets the wall clock back, this one
 * goes on at half speed until the two meet: a moment that was told stays past, nothing waits for ever,
 * and an expired token never becomes good again.
 */
export function systemClock(wallMillis: () => number = Date.now): Clock {
  let told = 0
  let seen = 0
  return {
    now() {
      const wall = wallMillis()
      const passed = wall - seen
      seen = wall
      if (passed > 0) told = Math.max(wall, told + passed / 2)
      return Math.floor(told)
    },
  }
}
