import type { Authentication } from '@portcullis/policy-kit/principal'

/** What is asked of how and when a user signed in. */
export interface Demand {
  readonly anyOf: readonly string[]
  readonly maxAgeMillis: number | undefined
}

/** Clocks of issuer and gateway may be apart by this; who signed in later than that signed in never. */
const CLOCK_SKEW_MILLIS = 60_000

/** What is not told is not so. */
export function judge(
  { anyOf, maxAgeMillis }: Demand,
  { context, at }: Authentication,
  nowMillis: number,
): 'satisfied' | 'too-weak' | 'too-old' {
  if (anyOf.length > 0 && (context === undefined || !anyOf.includes(context))) return 'too-weak'
  if (maxAgeMillis === undefined) return 'satisfied'
  if (at === undefined || at > nowMillis + CLOCK_SKEW_MILLIS || nowMillis - at > maxAgeMillis)
    return 'too-old'
  return 'satisfied'
}
