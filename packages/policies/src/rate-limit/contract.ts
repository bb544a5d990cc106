import { Duration, isDuration } from '@portcullis/kernel/duration'
import { defineFaults } from '@portcullis/kernel/fault'
import { name, z } from '@portcullis/kernel/schema'
import type { PolicyContract } from '@portcullis/policy-kit/policy'
import { callCost, expressionOfCost, units } from '../counting/call-cost.ts'
import { precision } from '../counting/precision.ts'
import { expressionOfSharer, sharer } from '../counting/sharer.ts'
import { whenAway } from '../counting/when-away.ts'
import { wholeSeconds } from '../setting/duration-range.ts'

const MAX_REFILL_MILLIS = 366 * 86_400_000
const MAX_WINDOWS = 4

const rate = {
  limit: units().describe('How many units come back in every window.'),
  window: wholeSeconds('1s', '31d').describe(
    'The time in which the limit comes back, evenly: 1s, 1m, 1h, 1d.',
  ),
  burst: units()
    .optional()
    .describe('How many units can be saved up and spent at once. When absent, as many as the limit.'),
}

const comesBackInTime = { path: ['burst'], message: 'what is saved up comes back within 366 days' }

const config = z
  .strictObject({
    ...rate,
    atMost: z
      .array(z.strictObject(rate).refine(comesBack, comesBackInTime))
      .max(MAX_WINDOWS - 1)
      .default([])
      .describe('Further windows that must have room too, such as 100 in 1s beside 2000 in 1d.'),
    by: sharer(),
    cost: callCost(),
    name: name()
      .optional()
      .describe('The name of the limit in RateLimit fields. When absent, made of `by` and `window`: app-1m.'),
    whenAway: whenAway(),
    precision: precision(),
  })
  .refine(
    ({ cost, limit, burst, atMost }) =>
      typeof cost === 'string' ||
      [{ limit, burst }, ...atMost].every((each) => cost <= (each.burst ?? each.limit)),
    {
      path: ['cost'],
      message: 'a call costs no more than can be saved up (`burst`), or no call would ever pass',
    },
  )
  .refine(comesBack, comesBackInTime)
  .refine(
    ({ window, atMost }) => new Set([window, ...atMost.map((each) => each.window)]).size > atMost.length,
    {
      path: ['atMost'],
      message: 'every window is of another length',
    },
  )
export type RateLimitConfig = z.infer<typeof config>

function comesBack({ limit, window, burst }: { limit: number; window: string; burst?: number | undefined }) {
  if (burst === undefined || !isDuration(window)) return true
  return (burst / limit) * Duration.parse(window).milliseconds <= MAX_REFILL_MILLIS
}

export const rateLimitFaults = defineFaults('rate-limit', {
  exceeded: {
    status: 429,
    title: 'Too many calls',
    remedy: 'Wait as long as Retry-After says, then go on more slowly; RateLimit tells how much is left.',
  },
  'too-costly': {
    status: 429,
    title: 'The call costs more than can ever be left',
    remedy: 'Ask for less at once.',
  },
  unpriced: {
    status: 400,
    title: 'What the call costs cannot be told',
    remedy: 'Send what its cost is worked out from. Operators: see `cost` of the attachment.',
  },
})

export const rateLimitContract: PolicyContract<RateLimitConfig> = {
  id: 'rate-limit',
  summary: 'Lets nobody call more often than agreed.',
  phase: 'limit',
  stacking: 'every',
  config,
  faults: rateLimitFaults,
  body: { need: 'none' },
  mayFailOpen: true,
  expressions: (each) => [...expressionOfSharer(each), ...expressionOfCost(each)],
}
