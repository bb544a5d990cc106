import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { openLull } from './open-lull.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('a lull ends with the first call, and is back when none has come for a while', () => {
  const lull = openLull()
  expect(lull.isHere()).toBe(true)
  lull.count()
  expect(lull.isHere()).toBe(false)
  vi.advanceTimersByTime(250)
  expect(lull.isHere()).toBe(false)
  vi.advanceTimersByTime(250)
  expect(lull.isHere()).toBe(true)
  lull.close()
})
