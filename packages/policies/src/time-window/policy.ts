import { timeZoneNamed } from '@portcullis/kernel/time-zone'
import type { Policy } from '@portcullis/policy-kit/policy'
import { proceed, refuse } from '@portcullis/policy-kit/verdict'
import { type TimeWindowConfig, timeWindowContract, timeWindowFaults } from './contract.ts'
import { isOpen, openHours } from './rules.ts'

/** Judges the moment at which the head of the request was complete. */
export const timeWindow: Policy<TimeWindowConfig> = {
  contract: timeWindowContract,
  needs: [],
  bind({ zone: name, windows, closed }) {
    const zone = timeZoneNamed(name)
    if (zone === undefined) throw new RangeError(`there is no time zone "${name}"`)
    const hours = openHours(windows)
    const closedDates = new Set(closed)
    const detail = `Open ${describe(windows)}, in the time zone ${name}${closed.length > 0 ? ', but for some dates' : ''}.`
    return {
      onRequest({ receivedAt }) {
        const wall = zone.wallTime(receivedAt)
        if (isOpen(hours, closedDates, wall)) return proceed()
        return refuse(timeWindowFaults.outside({ detail }), {
          saw: { date: wall.date, weekday: wall.weekday, hour: wall.hour, minute: wall.minute },
        })
      },
    }
  },
}

function describe(windows: TimeWindowConfig['windows']): string {
  return windows
    .map(({ days, from, to }) => `${days.length === 7 ? 'every day' : days.join(', ')} ${from}–${to}`)
    .join('; ')
}
