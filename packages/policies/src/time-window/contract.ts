import { defineFaults } from '@portcullis/kernel/fault'
import { z } from '@portcullis/kernel/schema'
import { timeZoneNamed } from '@portcullis/kernel/time-zone'
import type { PolicyContract } from '@portcullis/policy-kit/policy'

export const days = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'] as const

const timeOfDay = z.string().regex(/^(([01]\d|2[0-3]):[0-5]\d|24:00)$/, 'a time of day from 00:00 to 24:00')

const date = z.iso.date()

const config = z.strictObject({
  zone: z
    .string()
    .max(64)
    .refine((name) => timeZoneNamed(name) !== undefined, 'a time zone of the IANA database: Europe/Berlin')
    .describe('The time zone in which days and times are meant.'),
  windows: z
    .array(
      z.strictObject({
        days: z
          .array(z.enum(days))
          .min(1)
          .max(7)
          .default([...days])
          .describe('On these days; on all when absent.'),
        from: timeOfDay.default('00:00').describe('From this time on.'),
        to: timeOfDay
          .default('24:00')
          .describe('Until just before this time; where it is not after `from`, on the next day.'),
      }),
    )
    .min(1)
    .max(64)
    .describe('When calls are let in: in any of these.'),
  closed: z
    .array(date)
    .max(1024)
    .default([])
    .describe('Dates on which nobody is let in, such as holidays: 2026-12-25.'),
})
export type TimeWindowConfig = z.infer<typeof config>

export const timeWindowFaults = defineFaults('time-window', {
  outside: {
    status: 403,
    title: 'Calls are not let in at this time',
    remedy: 'Call again when it is open; `detail` names the hours.',
  },
})

export const timeWindowContract: PolicyContract<TimeWindowConfig> = {
  id: 'time-window',
  summary: 'Lets calls in at certain days and times alone.',
  phase: 'connection',
  stacking: 'every',
  config,
  faults: timeWindowFaults,
  body: { need: 'none' },
  mayFailOpen: false,
  mentions: () => ({ attributes: ['context.time'] }),
}
