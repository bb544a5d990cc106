import type { Policy } from '@portcullis/policy-kit/policy'
import { proceed } from '@portcullis/policy-kit/verdict'
import { type TimeoutsConfig, timeoutsContract } from './contract.ts'
import { timesOf } from './rules.ts'

/** Says how long the backend may take; the forwarder keeps the time. */
export const timeouts: Policy<TimeoutsConfig> = {
  contract: timeoutsContract,
  needs: [],
  bind(config) {
    const given = proceed(undefined, { timeouts: timesOf(config) })
    return { onRequest: ({ preflight }) => (preflight ? proceed() : given) }
  },
}
