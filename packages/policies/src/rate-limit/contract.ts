import { Duration, isDuration } from '@portcullis/kernel/duration'
import { defineFaults } from '@portcullis/kernel/fault'
import { name, z } from '@portcullis/kernel/schema'
import type { PolicyContract } from '@portcullis/policy-kit/policy'
import { wholeSeconds } from '../duration-range.ts'

const MAX_UNITS = 1_000_000_000
const MAX_REFILL_MILLIS = 366 * 86_400_000

const units = () => z.int().min(1).max(MAX_UNITS)

/** Who shares a counter. */
export const sharers = ['app', 'subject', 'address', 'everyone'] as const
export type Sharer = (typeof sharers)[number]

const config = z
  .strictObject({
    limit: units().describe('How many units come back in every window.'),
    window: wholeSeconds('1s', '31d').describe(
      'The time in which the limit comes back, evenly: 1s, 1m, 1h, 1d.',
    ),
    burst: units()
      .optional()
      .describe('How many units can be saved up and spent at once. When absent, as many as the limit.'),
    by: z
      .enum(sharers)
      .default('app')
      .describe('Who has a counter of their own. Where the app or subject is unknown, the address counts.'),
    cost: units().default(1).describe('How many units one call takes.'),
    name: name()
      .optional()
      .describe('The name of the limit in RateLimit fields. When absent, made of `by` and `window`: app-1m.'),
  })
  .refine(({ cost, limit, burst }) => cost <= (burst ?? limit), {
    path: ['cost'],
    message: 'a call costs no more than can be saved up (`burst`), or no call would ever pass',
  })
  .refine(comesBack, { path: ['burst'], message: 'what is saved up comes back within 366 days' })
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
}
