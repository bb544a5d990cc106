import { type CedarRecord, PlainRecord } from '@portcullis/cedar/value'
import { timeZoneNamed } from '@portcullis/kernel/time-zone'

/** Weekday, hour, minute and date in a time zone; `undefined` where there is no such zone. Names come from declarations alone. */
export function wallClock(name: string, millis: number): CedarRecord | undefined {
  const wall = timeZoneNamed(name)?.wallTime(millis)
  if (wall === undefined) return undefined
  return new PlainRecord(
    new Map<string, string | number>([
      ['weekday', wall.weekday],
      ['hour', wall.hour],
      ['minute', wall.minute],
      ['date', wall.date],
    ]),
  )
}
