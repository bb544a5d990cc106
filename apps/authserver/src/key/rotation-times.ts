import type { RotationTimes } from '@portcullis/oauth/key-rotation'
import type { Lifetimes } from '@portcullis/oauth/lifetime'

/** Verifiers may keep a set of keys for this long. Gateways of ours look for a key that they don't know at once. */
const ANNOUNCED_MILLIS = 24 * 3_600_000
const SKEW_MILLIS = 5 * 60_000

/** A key is published until the last token that it signed has ended on everybody's clock. */
export function rotationTimes(lifetimes: Lifetimes, signingKeySeconds: number): RotationTimes {
  const longest = Math.max(lifetimes.accessTokenSeconds, lifetimes.idTokenSeconds)
  const signsMillis = signingKeySeconds * 1000
  return {
    signsMillis,
    announcedMillis: Math.min(ANNOUNCED_MILLIS, signsMillis / 2),
    lingersMillis: longest * 1000 + SKEW_MILLIS,
  }
}
