import { describe, expect, test } from 'vitest'
import { wallClock } from './wall-clock.ts'

const shown = (zone: string, time: string) => {
  const wall = wallClock(zone, Date.parse(time))
  return ['date', 'weekday', 'hour', 'minute'].map((name) => wall?.attribute(name))
}

describe('the clock on the wall', () => {
  test('goes with summer time, to the minute', () => {
    expect(shown('Europe/Berlin', '2026-03-29T00:59:59Z')).toEqual(['2026-03-29', 'sunday', 1, 59])
    expect(shown('Europe/Berlin', '2026-03-29T01:00:00Z')).toEqual(['2026-03-29', 'sunday', 3, 0])
    expect(shown('Europe/Berlin', '2026-10-25T00:59:00Z')).toEqual(['2026-10-25', 'sunday', 2, 59])
    expect(shown('Europe/Berlin', '2026-10-25T01:00:00Z')).toEqual(['2026-10-25', 'sunday', 2, 0])
  })

  test('shows midnight as hour 0, and knows zones of half hours and quarters', () => {
    expect(shown('UTC', '2026-01-01T00:00:00Z')).toEqual(['2026-01-01', 'thursday', 0, 0])
    expect(shown('Asia/Kathmandu', '2026-01-01T18:20:00Z')).toEqual(['2026-01-02', 'friday', 0, 5])
  })

  test('hangs nowhere in zones that do not exist', () => {
    expect(wallClock('Mars/Olympus', 0)).toBeUndefined()
  })
})
