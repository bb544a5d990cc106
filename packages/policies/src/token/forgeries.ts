import type { FaultKind } from '@portcullis/kernel/fault'
import { andThen } from '@portcullis/policy-kit/and-then'
import type { Counters, Limit } from '@portcullis/ports/counters/port'
import { networkOf } from '../address/network.ts'

const WINDOW_MILLIS = 60_000
/** After this time an address has all its tries again. */
export const RETRY_LATER = ['Retry-After', String(WINDOW_MILLIS / 1000)]

/**
 * How many tokens with a wrong signature an address may send. All that can be seen without a signature is looked at
 * before, so whoever spends this has made tokens up; looking at their signatures is what they must not make us do.
 */
export interface Forgeries {
  /**
   * Whether signatures of this address are still looked at. Not asked for tokens that are remembered: those who hold one
   * are let in whoever shares their address.
   *
   * @throws what `openForgeries` was given; what the counters throw when they fail.
   */
  admit(address: string): void | Promise<void>
  /** One more was wrong. */
  count(address: string): unknown
}

/** One count for all APIs: what is protected is the processor, and there is one. */
export function openForgeries(counters: Counters, perMinute: number, tooMany: FaultKind): Forgeries {
  const limit: Limit = { limit: perMinute, windowMillis: WINDOW_MILLIS, burst: perMinute, whenAway: 'local' }
  const nameOf = (address: string): string => `forgeries|${networkOf(address)}`
  return {
    // Nothing is taken: it is only asked what is left.
    admit: (address) =>
      andThen(counters.take(nameOf(address), limit, 0), ({ remaining }) => {
        if (remaining < 1) throw tooMany()
      }),
    count: (address) => counters.take(nameOf(address), limit, 1),
  }
}
