import { calendarPeriods } from '@portcullis/kernel/calendar-period'
import { defineFaults } from '@portcullis/kernel/fault'
import { name, z } from '@portcullis/kernel/schema'
import { timeZoneNamed } from '@portcullis/kernel/time-zone'
import type { PolicyContract } from '@portcullis/policy-kit/policy'
import { callCost, expressionOfCost, units } from '../counting/call-cost.ts'
import { expressionOfSharer, sharer } from '../counting/sharer.ts'
import { whenAway } from '../counting/when-away.ts'

const config = z
  .strictObject({
    limit: units().describe('How many units there are in every period.'),
    per: z
      .enum(calendarPeriods)
      .describe('The period of the calendar: minute, hour, day, week (from Monday) or month.'),
    zone: z
      .string()
      .max(64)
      .default('UTC')
      .refine((zone) => timeZoneNamed(zone) !== undefined, 'a time zone of the IANA database: Europe/Berlin')
      .describe('The time zone whose calendar counts.'),
    by: sharer(),
    cost: callCost(),
    name: name()
      .optional()
      .describe('The name of the quota in RateLimit fields. When absent, made of `by` and `per`: app-month.'),
    whenAway: whenAway(),
  })
  .refine(({ cost, limit }) => typeof cost === 'string' || cost <= limit, {
    path: ['cost'],
    message: 'a call costs no more than the limit, or no call would ever pass',
  })
export type QuotaConfig = z.infer<typeof config>

export const quotaFaults = defineFaults('quota', {
  exceeded: {
    status: 429,
    title: 'The quota is used up',
    remedy: 'Wait for the next period: Retry-After says for how long. Or ask for a larger quota.',
  },
  'too-costly': {
    status: 429,
    title: 'The call costs more than the quota of a period',
    remedy: 'Ask for less at once.',
  },
  unpriced: {
    status: 400,
    title: 'What the call costs cannot be told',
    remedy: 'Send what its cost is worked out from. Operators: see `cost` of the attachment.',
  },
})

export const quotaContract: PolicyContract<QuotaConfig> = {
  id: 'quota',
  summary: 'Lets nobody use more than their share of a calendar period.',
  phase: 'limit',
  stacking: 'every',
  config,
  faults: quotaFaults,
  body: { need: 'none' },
  mayFailOpen: true,
  expressions: (each) => [...expressionOfSharer(each), ...expressionOfCost(each)],
}
