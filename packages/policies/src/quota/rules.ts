import { periodAt, type Stretch } from '@portcullis/kernel/calendar-period'
import type { TimeZone } from '@portcullis/kernel/time-zone'
import { type ToldLimit, toldLimit } from '../counting/rate-limit-field.ts'
import { nameOfSharer } from '../counting/sharer.ts'
import type { QuotaConfig } from './contract.ts'

/** The present period, and how the quota is told to callers in it. */
export interface Present extends Stretch {
  readonly told: readonly ToldLimit[]
}

/** Works out a period once, for all calls in it. */
export function presentPeriod(
  zone: TimeZone,
  { limit, per, by, name = `${nameOfSharer(by)}-${per}` }: QuotaConfig,
): (nowMillis: number) => Present {
  let present: Present = { start: 0, end: 0, told: [] }
  return (nowMillis) => {
    if (nowMillis < present.start || nowMillis >= present.end) {
      const stretch = periodAt(zone, per, nowMillis)
      // Days, weeks and months are not all of one length.
      const told = toldLimit(name, limit, (stretch.end - stretch.start) / 1000)
      present = { ...stretch, told: [told] }
    }
    return present
  }
}
