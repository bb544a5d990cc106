import { Duration, isDuration } from '@portcullis/kernel/duration'
import { defineFaults } from '@portcullis/kernel/fault'
import { z } from '@portcullis/kernel/schema'
import type { PolicyContract } from '@portcullis/policy-kit/policy'
import { units } from '../counting/call-cost.ts'
import { expressionOfSharer, sharer } from '../counting/sharer.ts'
import { whenAway } from '../counting/when-away.ts'
import { wholeSeconds } from '../setting/duration-range.ts'

const MAX_WAITING = 10_000

const config = z
  .strictObject({
    limit: units().describe('How many calls go on in every window, evenly spread.'),
    window: wholeSeconds('1s', '1h').describe('The time over which they are spread: 1s, 1m.'),
    burst: units().default(1).describe('How many may go on at once after a pause.'),
    maxWaiting: z
      .int()
      .min(1)
      .max(MAX_WAITING)
      .default(100)
      .describe('How many calls may wait for their turn.'),
    maxWait: wholeSeconds('1s', '5m').default('10s').describe('How long a call may wait for its turn.'),
    by: sharer(),
    whenAway: whenAway(),
  })
  .refine(somebodyCanWait, {
    path: ['maxWait'],
    message: 'no turn comes in so short a time: nobody could wait',
  })
export type ThrottleConfig = z.infer<typeof config>

function somebodyCanWait({ limit, window, maxWait }: { limit: number; window: string; maxWait: string }) {
  if (!isDuration(window) || !isDuration(maxWait)) return true
  return Duration.parse(maxWait).milliseconds * limit >= Duration.parse(window).milliseconds
}

export const throttleFaults = defineFaults('throttle', {
  full: {
    status: 429,
    title: 'Too many calls wait already',
    remedy: 'Wait as long as Retry-After says, then go on more slowly.',
  },
})

export const throttleContract: PolicyContract<ThrottleConfig> = {
  id: 'throttle',
  summary: 'Lets calls beyond the limit wait for their turn, in order, as long as the line is short.',
  phase: 'limit',
  stacking: 'every',
  config,
  faults: throttleFaults,
  body: { need: 'none' },
  mayFailOpen: true,
  expressions: expressionOfSharer,
}
