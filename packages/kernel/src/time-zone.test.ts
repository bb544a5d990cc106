import { describe, expect, it } from 'vitest'
import { timeZoneNamed } from './time-zone.ts'

const wallOf = (zone: string, iso: string) => timeZoneNamed(zone)?.wallTime(Date.parse(iso))

describe('a time zone', () => {
  it.each([
    ['UTC', '2026-11-22T23:59:59.999Z', '2026-11-22 sunday 23:59'],
    ['Europe/Berlin', '2026-11-22T23:30:00Z', '2026-11-23 monday 0:30'],
    // The hour that the clocks skip, and the one that they show twice.
    ['Europe/Berlin', '2026-03-29T00:59:59Z', '2026-03-29 sunday 1:59'],
    ['Europe/Berlin', '2026-03-29T01:00:00Z', '2026-03-29 sunday 3:0'],
    ['Europe/Berlin', '2026-10-25T00:30:00Z', '2026-10-25 sunday 2:30'],
    ['Europe/Berlin', '2026-10-25T01:30:00Z', '2026-10-25 sunday 2:30'],
    ['Asia/Kathmandu', '2026-01-01T18:20:00Z', '2026-01-02 friday 0:5'],
    ['America/New_York', '2028-02-29T04:59:00Z', '2028-02-28 monday 23:59'],
  ])('%s at %s shows %s', (zone, iso, shown) => {
    const wall = wallOf(zone, iso)
    expect(`${wall?.date} ${wall?.weekday} ${wall?.hour}:${wall?.minute}`).toBe(shown)
  })

  it('is told from what is none', () => {
    expect(timeZoneNamed('Europe/Atlantis')).toBeUndefined()
    expect(timeZoneNamed('')).toBeUndefined()
  })
})
