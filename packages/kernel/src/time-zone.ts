/** Offsets of time zones change at quarters of an hour. */
const QUARTER_MILLIS = 15 * 60_000

const weekdays = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'] as const
export type Weekday = (typeof weekdays)[number]

/** What the clock on a wall and the calendar beside it show. */
export interface WallTime {
  readonly year: number
  /** From 1. */
  readonly month: number
  readonly day: number
  readonly weekday: Weekday
  readonly hour: number
  readonly minute: number
  /** `2026-11-22` */
  readonly date: string
}

/** A time zone of the IANA database, such as `Europe/Berlin` or `UTC`. Names come from declarations alone. */
export interface TimeZone {
  readonly name: string
  /** At a time in milliseconds since the epoch. */
  wallTime(millis: number): WallTime
  /** Milliseconds that the wall is ahead of UTC. */
  offsetMillis(millis: number): number
}

const known = new Map<string, TimeZone | undefined>()

/** `undefined` where there is no such zone. */
export function timeZoneNamed(name: string): TimeZone | undefined {
  if (!known.has(name)) known.set(name, openTimeZone(name))
  return known.get(name)
}

function openTimeZone(name: string): TimeZone | undefined {
  const format = formatOf(name)
  if (format === undefined) return undefined
  let quarter = Number.NaN
  let offset = 0

  /** Asked of the platform once in a quarter of an hour: it is slow. */
  function offsetMillis(millis: number): number {
    const present = Math.floor(millis / QUARTER_MILLIS)
    if (present !== quarter) {
      offset = shownBy(format as Intl.DateTimeFormat, present * QUARTER_MILLIS) - present * QUARTER_MILLIS
      quarter = present
    }
    return offset
  }

  return {
    name,
    offsetMillis,
    wallTime(millis) {
      const wall = new Date(millis + offsetMillis(millis))
      return {
        year: wall.getUTCFullYear(),
        month: wall.getUTCMonth() + 1,
        day: wall.getUTCDate(),
        weekday: weekdays[wall.getUTCDay()] as Weekday,
        hour: wall.getUTCHours(),
        minute: wall.getUTCMinutes(),
        date: wall.toISOString().slice(0, 10),
      }
    },
  }
}

/** What the wall shows, read as if it were UTC. */
function shownBy(format: Intl.DateTimeFormat, millis: number): number {
  const shown = new Map(format.formatToParts(millis).map(({ type, value }) => [type, Number(value)]))
  const part = (name: Intl.DateTimeFormatPartTypes): number => shown.get(name) ?? 0
  return Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'))
}

function formatOf(timeZone: string): Intl.DateTimeFormat | undefined {
  try {
    const date = { year: 'numeric', month: 'numeric', day: 'numeric' } as const
    const time = { hour: 'numeric', minute: 'numeric', second: 'numeric', hourCycle: 'h23' } as const
    return new Intl.DateTimeFormat('en-US', { timeZone, ...date, ...time })
  } catch (thrown) {
    if (thrown instanceof RangeError) return undefined
    throw thrown
  }
}
