import type { Policy } from '@portcullis/policy-kit/policy'
import { proceed } from '@portcullis/policy-kit/verdict'
import { type StandingConfig, standingContract } from './contract.ts'
import { termsOf } from './rules.ts'

/** Says which replies go on standing; the gateway watches over them. */
export const standing: Policy<StandingConfig> = {
  contract: standingContract,
  needs: [],
  bind(config) {
    const given = proceed(undefined, { standing: termsOf(config) })
    return { onRequest: ({ preflight }) => (preflight ? proceed() : given) }
  },
}
