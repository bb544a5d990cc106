import { defineFaults } from '@portcullis/kernel/fault'
import { z } from '@portcullis/kernel/schema'
import type { PolicyContract } from '@portcullis/policy-kit/policy'
import { units } from '../counting/call-cost.ts'
import { expressionOfSharer, sharer } from '../counting/sharer.ts'
import { whenAway } from '../counting/when-away.ts'
import { wholeSeconds } from '../setting/duration-range.ts'

const config = z
  .strictObject({
    limit: units().describe('How many calls may come in every window, evenly spread.'),
    window: wholeSeconds('1s', '1h').describe('The time over which they are spread: 1s, 1m.'),
    burst: units()
      .optional()
      .describe('How many may come at once. When absent, what comes in a tenth of a second, at least one.'),
    by: sharer(),
    whenAway: whenAway(),
  })
  .refine(({ burst, limit }) => burst === undefined || burst <= limit, {
    path: ['burst'],
    message: 'no more come at once than in a whole window; for larger bursts there is rate-limit',
  })
export type SpikeArrestConfig = z.infer<typeof config>

export const spikeArrestFaults = defineFaults('spike-arrest', {
  exceeded: {
    status: 429,
    title: 'Calls come too close together',
    remedy: 'Spread calls evenly over time, and try again after Retry-After.',
  },
})

export const spikeArrestContract: PolicyContract<SpikeArrestConfig> = {
  id: 'spike-arrest',
  summary: 'Smooths calls: cuts off peaks before they reach anything that is slow.',
  phase: 'limit',
  stacking: 'every',
  config,
  faults: spikeArrestFaults,
  body: { need: 'none' },
  mayFailOpen: true,
  expressions: expressionOfSharer,
}
