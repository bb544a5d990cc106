import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { dateLine } from './http-date.ts'

beforeEach(() => void vi.useFakeTimers({ now: Date.UTC(2026, 10, 22, 8, 0, 0, 250) }))
afterEach(() => {
  // Whatever was written is over before the next test begins.
  vi.runOnlyPendingTimers()
  vi.useRealTimers()
})

test('the date is that of the present second, and another one as soon as that is over', () => {
  const first = '\r\nDate: Sun, 22 Nov 2026 08:00:00 GMT'
  expect(dateLine()).toBe(first)
  vi.advanceTimersByTime(749)
  expect(dateLine()).toBe(first)
  vi.advanceTimersByTime(1)
  expect(dateLine()).toBe('\r\nDate: Sun, 22 Nov 2026 08:00:01 GMT')
})

test('a date that nobody asks for again costs nothing more', () => {
  dateLine()
  vi.advanceTimersByTime(1_000)
  expect(vi.getTimerCount()).toBe(0)
})
