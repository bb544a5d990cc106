import { defineFaults } from '@portcullis/kernel/fault'
import { z } from '@portcullis/kernel/schema'
import type { PolicyContract } from '@portcullis/policy-kit/policy'
import { expressionOfSharer, sharer } from '../counting/sharer.ts'
import { whenAway } from '../counting/when-away.ts'

const MAX_PLACES = 1_000_000

const config = z.strictObject({
  limit: z.int().min(1).max(MAX_PLACES).describe('How many calls may be under way at the same time.'),
  by: sharer(),
  whenAway: whenAway(),
})
export type ConcurrencyConfig = z.infer<typeof config>

export const concurrencyFaults = defineFaults('concurrency', {
  exceeded: {
    status: 429,
    title: 'Too many calls are under way',
    remedy: 'Wait until one of your calls has been answered, then try again.',
  },
})

export const concurrencyContract: PolicyContract<ConcurrencyConfig> = {
  id: 'concurrency',
  summary: 'Lets nobody have more calls under way at the same time than agreed.',
  phase: 'limit',
  stacking: 'every',
  config,
  faults: concurrencyFaults,
  body: { need: 'none' },
  mayFailOpen: true,
  expressions: expressionOfSharer,
}
