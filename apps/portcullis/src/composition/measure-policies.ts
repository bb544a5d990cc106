import { type Sample, sample } from '@portcullis/kernel/metric'
import { verifiedTokenCounts } from '@portcullis/policies/jwt/verified-tokens'

/** What the policies of this thread count themselves. */
export function measurePolicies(): Sample[] {
  return Object.entries(verifiedTokenCounts()).map(([state, count]) =>
    sample('portcullis_verified_tokens', 'counter', ['state', state], count),
  )
}
