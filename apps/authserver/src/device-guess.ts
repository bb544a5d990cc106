import { addressGroup } from '@portcullis/oauth/address-group'
import type { Counters, Limit } from '@portcullis/ports/counters/port'

const MINUTE_MILLIS = 60_000

/** Codes of devices typed from one place (RFC 8628 §5.1): two forms for each device, and a few slips. */
const DEVICE_LIMIT: Limit = { limit: 30, windowMillis: 10 * MINUTE_MILLIS, burst: 30 }

/** How long somebody who guesses must wait: seconds, 0 when not at all. Rejects when the counters do not answer. */
export type CountDeviceGuess = (organization: string, address: string) => Promise<number>

export function deviceGuessesWith(counters: Counters): CountDeviceGuess {
  return async (organization, address) => {
    const take = await counters.take(`device/${organization}/${addressGroup(address)}`, DEVICE_LIMIT, 1)
    return take.taken ? 0 : Math.ceil(take.retryAfterMillis / 1000)
  }
}
