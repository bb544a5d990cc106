import type { WallTime, Weekday } from '@portcullis/kernel/time-zone'
import type { TimeWindowConfig } from './contract.ts'

const DAY_MINUTES = 24 * 60

const dayBefore: Readonly<Record<Weekday, Weekday>> = {
  monday: 'sunday',
  tuesday: 'monday',
  wednesday: 'tuesday',
  thursday: 'wednesday',
  friday: 'thursday',
  saturday: 'friday',
  sunday: 'saturday',
}

/** A stretch of one day, in minutes from its beginning: from the first, before the second. */
type Stretch = readonly [number, number]

/** When it is open, by the day on the calendar: windows over midnight are laid out on both of their days. */
export type OpenHours = ReadonlyMap<Weekday, readonly Stretch[]>

export function openHours(windows: TimeWindowConfig['windows']): OpenHours {
  const hours = new Map<Weekday, Stretch[]>()
  const add = (day: Weekday, stretch: Stretch): void => {
    if (stretch[0] < stretch[1]) hours.set(day, [...(hours.get(day) ?? []), stretch])
  }
  for (const { days, from, to } of windows) {
    const [begin, end] = [minutesOf(from), minutesOf(to)]
    for (const day of days) {
      if (begin < end) add(day, [begin, end])
      else {
        add(day, [begin, DAY_MINUTES])
        for (const [next, before] of Object.entries(dayBefore)) {
          if (before === day) add(next as Weekday, [0, end])
        }
      }
    }
  }
  return hours
}

/** A date that is closed is closed from midnight to midnight, also for a window that began the day before. */
export function isOpen(hours: OpenHours, closed: ReadonlySet<string>, wall: WallTime): boolean {
  if (closed.size > 0 && closed.has(wall.date)) return false
  const minutes = wall.hour * 60 + wall.minute
  return hours.get(wall.weekday)?.some(([begin, end]) => minutes >= begin && minutes < end) === true
}

function minutesOf(timeOfDay: string): number {
  return Number(timeOfDay.slice(0, 2)) * 60 + Number(timeOfDay.slice(3))
}
