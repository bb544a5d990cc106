import { Fault } from '@portcullis/kernel/fault'
import { webFaults } from '@portcullis/ports/web/port'
import { errors } from 'jose'
import * as client from 'openid-client'
import { upstreamFaults } from '../fault.ts'

/** Faults of ours for whatever goes wrong with a provider: it can't be asked, or what it says is not taken. */
export async function toldAs<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (thrown) {
    throw faultOf(thrown)
  }
}

function faultOf(thrown: unknown): unknown {
  if (thrown instanceof client.AuthorizationResponseError) {
    const options = { internal: `it answered ${thrown.error.slice(0, 100)}`, cause: thrown }
    return thrown.error === 'access_denied'
      ? upstreamFaults.cancelled(options)
      : upstreamFaults.refused(options)
  }
  const outage = causesOf(thrown).find(
    (each) => webFaults.unavailable.is(each) || webFaults['too-large'].is(each),
  )
  if (outage !== undefined) return upstreamFaults.unavailable({ internal: String(outage), cause: thrown })
  if (thrown instanceof errors.JOSEError && !(thrown instanceof errors.JWKSTimeout)) {
    return upstreamFaults.refused({ internal: thrown.message, cause: thrown })
  }
  if (thrown instanceof client.ResponseBodyError || thrown instanceof client.ClientError) {
    const reason = thrown instanceof client.ResponseBodyError ? thrown.error.slice(0, 100) : thrown.code
    return upstreamFaults.refused({ internal: `${thrown.message}: ${reason}`, cause: thrown })
  }
  // A vault without the secret, a key that is none: the operator's to mend, not the user's.
  return thrown instanceof Fault
    ? thrown
    : upstreamFaults.unavailable({ internal: String(thrown), cause: thrown })
}

function causesOf(thrown: unknown): unknown[] {
  const causes: unknown[] = []
  for (let each = thrown; each instanceof Error && causes.length < 5; each = each.cause) causes.push(each)
  return causes
}
