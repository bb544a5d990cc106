import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { CoarseClock, tickMillisFor } from './coarse-clock.ts'

describe('a coarse clock', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  test.each([0, 1, 5, 9])(
    'meets no deadline early, and none later than by two ticks (set %i ms into one)',
    (into) => {
      const clock = new CoarseClock(10, () => undefined)
      clock.start()
      vi.advanceTimersByTime(100 + into)
      const deadline = clock.after(35)
      vi.advanceTimersByTime(34)
      expect(clock.now).toBeLessThan(deadline)
      vi.advanceTimersByTime(21)
      expect(clock.now).toBeGreaterThanOrEqual(deadline)
      clock.stop()
    },
  )

  test('tells of each tick until it is stopped, and again when it is started', () => {
    let ticks = 0
    const clock = new CoarseClock(10, () => ticks++)
    clock.start()
    clock.start()
    vi.advanceTimersByTime(30)
    clock.stop()
    vi.advanceTimersByTime(30)
    expect(ticks).toBe(3)
    clock.start()
    vi.advanceTimersByTime(10)
    expect(ticks).toBe(4)
    clock.stop()
  })

  test('ticks five times in the shortest of the times, but neither all the time nor hardly ever', () => {
    expect([[100, 1_000], [1], [60_000]].map(tickMillisFor)).toEqual([20, 5, 250])
  })
})
