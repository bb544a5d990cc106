import type { TimeZone, Weekday } from './time-zone.ts'

export const calendarPeriods = ['minute', 'hour', 'day', 'week', 'month'] as const
export type CalendarPeriod = (typeof calendarPeriods)[number]

/** From the first moment, before the second; milliseconds since the epoch. */
export interface Stretch {
  readonly start: number
  readonly end: number
}

const MINUTE_MILLIS = 60_000
const HOUR_MILLIS = 3_600_000
const DAY_MILLIS = 86_400_000
/** Offsets of zones change at whole minutes. */
const STEP_MILLIS = MINUTE_MILLIS

const daysSinceMonday: Readonly<Record<Weekday, number>> = {
  monday: 0,
  tuesday: 1,
  wednesday: 2,
  thursday: 3,
  friday: 4,
  saturday: 5,
  sunday: 6,
}

/**
 * The period of a zone's calendar in which a moment lies. Weeks begin on Monday (ISO 8601). A day begins at the first
 * moment at which the wall shows its date: where the clocks skip midnight, when they have; it has 23, 24 or 25 hours. An
 * hour that the wall shows twice is two hours. Periods follow each other without gap or overlap.
 */
export function periodAt(zone: TimeZone, period: CalendarPeriod, millis: number): Stretch {
  switch (period) {
    case 'minute':
      return evenly(zone, MINUTE_MILLIS, millis)
    case 'hour':
      return evenly(zone, HOUR_MILLIS, millis)
    default:
      return byDate(zone, period, millis)
  }
}

/** Periods of one length; only a change of the offset by a part of one cuts it short. */
function evenly(zone: TimeZone, length: number, millis: number): Stretch {
  const offset = zone.offsetMillis(millis)
  const start = millis - remainder(millis + offset, length)
  const end = start + length
  const isOther = (at: number): boolean => remainder(zone.offsetMillis(at) - offset, length) !== 0
  return {
    start: isOther(start) ? changeBetween(zone, start, millis) : start,
    end: isOther(end - 1) ? changeBetween(zone, millis, end - 1) : end,
  }
}

function byDate(zone: TimeZone, period: 'day' | 'week' | 'month', millis: number): Stretch {
  // Where the clocks go back over midnight, the wall shows a date again whose day is over.
  for (let dates = datesAround(zone, period, millis); ; dates = [dates[1], nextDate(period, dates[1])]) {
    const [first, next] = dates
    const end = firstShowing(zone, next)
    if (millis < end) return { start: firstShowing(zone, first), end }
  }
}

/** The first date of the period that the wall shows, and that of the next: as if it were UTC. */
function datesAround(zone: TimeZone, period: 'day' | 'week' | 'month', millis: number): [number, number] {
  const { year, month, day, weekday } = zone.wallTime(millis)
  const first =
    period === 'month'
      ? Date.UTC(year, month - 1, 1)
      : Date.UTC(year, month - 1, period === 'week' ? day - daysSinceMonday[weekday] : day)
  return [first, nextDate(period, first)]
}

function nextDate(period: 'day' | 'week' | 'month', date: number): number {
  if (period !== 'month') return date + (period === 'week' ? 7 : 1) * DAY_MILLIS
  const first = new Date(date)
  return Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + 1, 1)
}

/** The first moment at which the wall shows this time, given as if it were UTC, or one after it. */
function firstShowing(zone: TimeZone, wall: number): number {
  const before = zone.offsetMillis(wall - DAY_MILLIS)
  const after = zone.offsetMillis(wall + DAY_MILLIS)
  if (before === after) return wall - before
  const change = changeBetween(zone, wall - DAY_MILLIS, wall + DAY_MILLIS)
  return wall - before < change ? wall - before : Math.max(change, wall - after)
}

/** The moment at which the offset becomes that of the second of these, between which it changes once. */
function changeBetween(zone: TimeZone, before: number, after: number): number {
  const offset = zone.offsetMillis(after)
  let low = Math.floor(before / STEP_MILLIS)
  let high = Math.floor(after / STEP_MILLIS)
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if (zone.offsetMillis(middle * STEP_MILLIS) === offset) high = middle
    else low = middle
  }
  return high * STEP_MILLIS
}

function remainder(value: number, divisor: number): number {
  return ((value % divisor) + divisor) % divisor
}
