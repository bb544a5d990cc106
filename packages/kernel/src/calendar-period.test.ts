import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type CalendarPeriod, calendarPeriods, periodAt } from './calendar-period.ts'
import { type TimeZone, timeZoneNamed } from './time-zone.ts'

function zoneOf(name: string): TimeZone {
  const zone = timeZoneNamed(name)
  if (zone === undefined) throw new RangeError(name)
  return zone
}

function told(zone: string, period: CalendarPeriod, at: string): string {
  const { start, end } = periodAt(zoneOf(zone), period, Date.parse(at))
  return `${new Date(start).toISOString()} ${new Date(end).toISOString()}`
}

describe('a period of the calendar', () => {
  it.each([
    ['UTC', 'minute', '2026-11-22T23:59:59.999Z', '2026-11-22T23:59:00.000Z 2026-11-23T00:00:00.000Z'],
    ['UTC', 'day', '2026-11-22T00:00:00.000Z', '2026-11-22T00:00:00.000Z 2026-11-23T00:00:00.000Z'],
    ['Europe/Berlin', 'day', '2026-11-22T23:30:00Z', '2026-11-22T23:00:00.000Z 2026-11-23T23:00:00.000Z'],
    // A Sunday is the end of a week, not its beginning.
    ['Europe/Berlin', 'week', '2026-11-22T12:00:00Z', '2026-11-15T23:00:00.000Z 2026-11-22T23:00:00.000Z'],
    ['Europe/Berlin', 'month', '2026-12-31T23:30:00Z', '2026-12-31T23:00:00.000Z 2027-01-31T23:00:00.000Z'],
    [
      'America/New_York',
      'month',
      '2028-02-29T12:00:00Z',
      '2028-02-01T05:00:00.000Z 2028-03-01T05:00:00.000Z',
    ],
    // Days of 23 and of 25 hours.
    ['Europe/Berlin', 'day', '2026-03-29T12:00:00Z', '2026-03-28T23:00:00.000Z 2026-03-29T22:00:00.000Z'],
    ['Europe/Berlin', 'day', '2026-10-25T12:00:00Z', '2026-10-24T22:00:00.000Z 2026-10-25T23:00:00.000Z'],
    // The clocks skip midnight: the day begins at one.
    ['America/Santiago', 'day', '2026-09-06T12:00:00Z', '2026-09-06T04:00:00.000Z 2026-09-07T03:00:00.000Z'],
    // The clocks go back over midnight: the evening that comes again belongs to the day that is not over.
    ['America/Santiago', 'day', '2026-04-05T03:30:00Z', '2026-04-04T03:00:00.000Z 2026-04-05T04:00:00.000Z'],
    // An hour that comes twice is two.
    ['Europe/Berlin', 'hour', '2026-10-25T00:30:00Z', '2026-10-25T00:00:00.000Z 2026-10-25T01:00:00.000Z'],
    ['Europe/Berlin', 'hour', '2026-10-25T01:30:00Z', '2026-10-25T01:00:00.000Z 2026-10-25T02:00:00.000Z'],
    ['Asia/Kathmandu', 'hour', '2026-01-01T00:00:00Z', '2025-12-31T23:15:00.000Z 2026-01-01T00:15:00.000Z'],
    // Lord Howe moves its clocks by half an hour.
    [
      'Australia/Lord_Howe',
      'hour',
      '2026-04-04T14:45:00Z',
      '2026-04-04T14:00:00.000Z 2026-04-04T15:00:00.000Z',
    ],
    [
      'Australia/Lord_Howe',
      'hour',
      '2026-04-04T15:10:00Z',
      '2026-04-04T15:00:00.000Z 2026-04-04T15:30:00.000Z',
    ],
  ] as const)('of %s, the %s of %s, is %s', (zone, period, at, expected) => {
    expect(told(zone, period, at)).toBe(expected)
  })

  it('holds its moment, is followed by another without gap or overlap, and begins at the first moment of its date', () => {
    const zones = [
      'UTC',
      'Europe/Berlin',
      'America/New_York',
      'America/Santiago',
      'America/Havana',
      'Asia/Beirut',
      'Asia/Kathmandu',
      'Africa/Cairo',
      'Australia/Lord_Howe',
      'Pacific/Apia',
      'Pacific/Chatham',
    ]
    const moments = fc.integer({ min: Date.UTC(2012, 0, 1), max: Date.UTC(2037, 0, 1) })
    // Whole hours and quarters are where things happen.
    const edges = moments.map((millis) => Math.floor(millis / 900_000) * 900_000)
    const zone = fc.constantFrom(...zones)
    const period = fc.constantFrom(...calendarPeriods)
    fc.assert(
      fc.property(zone, period, fc.oneof(moments, edges), (name, each, millis) => {
        const of = zoneOf(name)
        const { start, end } = periodAt(of, each, millis)
        expect(start <= millis && millis < end).toBe(true)
        expect(periodAt(of, each, start)).toEqual({ start, end })
        expect(periodAt(of, each, end - 1)).toEqual({ start, end })
        expect(periodAt(of, each, end).start).toBe(end)
        if (each === 'minute' || each === 'hour') return
        const { date } = of.wallTime(start)
        expect(of.wallTime(start - 1).date < date).toBe(true)
        for (let hours = 1; hours < 26; hours++) {
          expect(of.wallTime(start - hours * 1_800_000).date < date).toBe(true)
        }
        if (each === 'week') expect(of.wallTime(start).weekday).toBe('monday')
        if (each === 'month') expect(of.wallTime(start).day).toBe(1)
      }),
      { numRuns: 500 },
    )
  })
})
