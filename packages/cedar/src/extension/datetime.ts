import { addLongs, divideLong, type Long, longOf, remainderOfLong, subtractLongs } from '../long.ts'

/** A point in time, in milliseconds since 1970-01-01T00:00:00Z. */
export interface Datetime {
  readonly kind: 'datetime'
  readonly milliseconds: Long
}

/** A length of time, which may be negative. */
export interface Duration {
  readonly kind: 'duration'
  readonly milliseconds: Long
}

const DAY = 86_400_000
const UNITS = { d: 86_400_000n, h: 3_600_000n, m: 60_000n, s: 1_000n, ms: 1n } as const

const DATETIME =
  /^(\d{4})-(\d{2})-(\d{2})(?:T(\d{2}):(\d{2}):(\d{2})(?:\.(\d{3}))?(?:Z|([+-])(\d{2})(\d{2})))?$/
const DURATION = /^(-?)(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?$/
const DURATION_LENGTH_MAX = 128

/**
 * `2025-06-01`, `2025-06-01T12:00:00Z`, with milliseconds and with an offset such as `+0200` instead of Z. Undefined
 * for anything else and for times that no clock shows.
 */
export function parseDatetime(text: string): Datetime | undefined {
  const match = DATETIME.exec(text)
  if (match === null) return undefined
  const part = (at: number): number => Number(match[at] ?? 0)
  const [year, month, day] = [part(1), part(2), part(3)]
  const [hour, minute, second] = [part(4), part(5), part(6)]
  const [offsetHour, offsetMinute] = [part(9), part(10)]
  if (hour > 23 || minute > 59 || second > 59 || offsetHour > 23 || offsetMinute > 59) return undefined
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined
  date.setUTCHours(hour, minute, second, part(7))
  const offset = (offsetHour * 60 + offsetMinute) * 60_000 * (match[8] === '-' ? -1 : 1)
  return { kind: 'datetime', milliseconds: date.getTime() - offset }
}

/** `1d2h3m4s5ms`, each part once and in this order, with a minus in front for the past. */
export function parseDuration(text: string): Duration | undefined {
  if (text.length > DURATION_LENGTH_MAX) return undefined
  const match = DURATION.exec(text)
  if (match === null || match.slice(2).every((part) => part === undefined)) return undefined
  const sign = match[1] === '-' ? -1n : 1n
  const counts = match.slice(2).map((part) => BigInt(part ?? 0))
  const total = Object.values(UNITS).reduce((sum, unit, at) => sum + unit * (counts[at] ?? 0n), 0n)
  return durationOf(longOf(sign * total))
}

function durationOf(milliseconds: Long | undefined): Duration | undefined {
  return milliseconds === undefined ? undefined : { kind: 'duration', milliseconds }
}

function datetimeOf(milliseconds: Long | undefined): Datetime | undefined {
  return milliseconds === undefined ? undefined : { kind: 'datetime', milliseconds }
}

/** Undefined where the result leaves 64 bits; so are the others that answer undefined. */
export function offsetDatetime(from: Datetime, by: Duration): Datetime | undefined {
  return datetimeOf(addLongs(from.milliseconds, by.milliseconds))
}

export function durationSince(to: Datetime, from: Datetime): Duration | undefined {
  return durationOf(subtractLongs(to.milliseconds, from.milliseconds))
}

/** The beginning of its day, UTC. */
export function dateOf(datetime: Datetime): Datetime | undefined {
  const { milliseconds } = datetime
  return datetimeOf(subtractLongs(milliseconds, remainderOfLong(milliseconds, DAY)))
}

/** How long ago its day began, UTC. */
export function timeOf(datetime: Datetime): Duration {
  return { kind: 'duration', milliseconds: remainderOfLong(datetime.milliseconds, DAY) }
}

/** In whole units of so many milliseconds, towards zero. */
export function countOf(duration: Duration, unitMilliseconds: number): Long {
  return divideLong(duration.milliseconds, unitMilliseconds)
}
