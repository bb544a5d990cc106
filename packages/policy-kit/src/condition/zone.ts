import { type CedarRecord, PlainRecord } from '@portcullis/cedar/value'
import { timeZoneNamed } from '@portcullis/kernel/time-zone'

/** Whether there is a time zone of this name, such as `Europe/Berlin` (IANA) or `UTC`. */
export function isZone(name: string): boolean {
  return timeZoneNamed(name) !== undefined
}

/** Weekday, hour, minute and date in a time zone; `undefined` where there is no such zone. Names come from declarations alone. */
export function wallClock(name: string, millis: number): CedarRecord | undefined {
  const wall = timeZoneNamed(name)?.wallTime(millis)
  if (wall === undefined) return undefined
  const { weekday, hour, minute, date } = wall
  return new PlainRecord(new Map<string, string | number>(Object.entries({ weekday, hour, minute, date })))
}
