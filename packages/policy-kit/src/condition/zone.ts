import { type CedarRecord, PlainRecord } from '@portcullis/cedar/value'

/** Offsets of zones change at quarters of an hour. */
const QUARTER_MILLIS = 15 * 60_000
const WEEKDAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'] as const

/** The clock on the wall of a time zone. */
interface Zone {
  readonly format: Intl.DateTimeFormat
  quarter: number
  offsetMillis: number
}

const zones = new Map<string, Zone | undefined>()

/** Whether there is a time zone of this name, such as `Europe/Berlin` (IANA) or `UTC`. */
export function isZone(name: string): boolean {
  return zoneNamed(name) !== undefined
}

/** Weekday, hour, minute and date in a time zone; `undefined` where there is no such zone. Names come from declarations alone. */
export function wallClock(name: string, millis: number): CedarRecord | undefined {
  const zone = zoneNamed(name)
  if (zone === undefined) return undefined
  const wall = new Date(millis + offsetOf(zone, millis))
  return new PlainRecord(
    new Map<string, string | number>([
      ['weekday', WEEKDAYS[wall.getUTCDay()] as string],
      ['hour', wall.getUTCHours()],
      ['minute', wall.getUTCMinutes()],
      ['date', wall.toISOString().slice(0, 10)],
    ]),
  )
}

/** What the wall shows, less what UTC shows. Asked of the platform once in a quarter of an hour: it is slow. */
function offsetOf(zone: Zone, millis: number): number {
  const quarter = Math.floor(millis / QUARTER_MILLIS)
  if (zone.quarter !== quarter) {
    zone.offsetMillis = shownBy(zone.format, quarter * QUARTER_MILLIS) - quarter * QUARTER_MILLIS
    zone.quarter = quarter
  }
  return zone.offsetMillis
}

function shownBy(format: Intl.DateTimeFormat, millis: number): number {
  const shown = new Map(format.formatToParts(millis).map(({ type, value }) => [type, Number(value)]))
  const part = (name: Intl.DateTimeFormatPartTypes): number => shown.get(name) ?? 0
  return Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'))
}

function zoneNamed(name: string): Zone | undefined {
  if (!zones.has(name)) zones.set(name, openZone(name))
  return zones.get(name)
}

function openZone(timeZone: string): Zone | undefined {
  try {
    const parts = { year: 'numeric', month: 'numeric', day: 'numeric' } as const
    const times = { hour: 'numeric', minute: 'numeric', second: 'numeric', hourCycle: 'h23' } as const
    const format = new Intl.DateTimeFormat('en-US', { timeZone, ...parts, ...times })
    return { format, quarter: Number.NaN, offsetMillis: 0 }
  } catch (thrown) {
    if (thrown instanceof RangeError) return undefined
    throw thrown
  }
}
