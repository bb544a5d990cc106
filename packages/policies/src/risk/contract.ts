import { defineFaults } from '@portcullis/kernel/fault'
import { z } from '@portcullis/kernel/schema'
import type { PolicyContract } from '@portcullis/policy-kit/policy'
import { wholeSeconds } from '../setting/duration-range.ts'

const config = z.strictObject({
  refuseFrom: z
    .int()
    .min(1)
    .max(100)
    .optional()
    .describe('From this risk on calls are refused; none is for its risk alone when absent.'),
  unknown: z
    .union([z.literal('refuse'), z.int().min(0).max(100)])
    .default('refuse')
    .describe('While nobody can say: `refuse`, or the risk that counts instead.'),
  keepFor: wholeSeconds('0s', '1h')
    .default('10s')
    .describe(
      'How long a risk counts for calls of the same caller to the same operation from the same address.',
    ),
})
export type RiskConfig = z.infer<typeof config>

export const riskFaults = defineFaults('risk', {
  'too-high': {
    status: 403,
    title: 'This call is too suspicious to be let through',
    remedy:
      'Sign in anew, from where you usually do, then try again. Operators: `portcullis explain` tells the risk.',
  },
})

export const riskContract: PolicyContract<RiskConfig> = {
  id: 'risk',
  summary:
    'Has somebody judge how suspicious a call is, refuses what is too suspicious, and tells later steps the risk.',
  phase: 'authorize',
  stacking: 'nearest',
  config,
  faults: riskFaults,
  body: { need: 'none' },
  mayFailOpen: false,
  mentions: () => ({ attributes: ['context.risk'] }),
}
