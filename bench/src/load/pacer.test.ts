import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { openPacer } from './pacer.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('requests go at a steady rate', () => {
  const pacer = openPacer(1_000)
  const gone: number[] = []
  const take = (since: number): void => {
    gone.push(since)
    pacer.whenDue(take)
  }
  pacer.whenDue(take)
  const began = performance.now()
  vi.advanceTimersByTime(100)
  pacer.stop()
  vi.advanceTimersByTime(100)
  expect(gone).toEqual(Array.from({ length: 100 }, (_, i) => began + i + 1))
})

test('a request for which nobody was free waits since it was due', () => {
  const pacer = openPacer(1_000)
  const began = performance.now()
  vi.advanceTimersByTime(40)
  const waited: number[] = []
  pacer.whenDue((since) => waited.push(since))
  expect(waited).toEqual([began + 1])
  pacer.stop()
})
