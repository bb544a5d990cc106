import type { BackendCredential } from '@portcullis/policy-kit/backend-credential'
import { discardBody } from '@portcullis/policy-kit/body/body-ahead'
import type { Exchange } from '@portcullis/policy-kit/exchange'
import type { Log } from '@portcullis/ports/log/port'
import type { ForwardedReply, OutgoingRequest } from './forwarder.ts'

/** Whether a backend's answer may be about a credential of ours, and the request can be sent once more. */
export function mayRenew(x: Exchange, request: OutgoingRequest, reply: ForwardedReply): boolean {
  if (reply.status !== 401 || x.credentials === undefined) return false
  const { body } = request
  const isAtHand = body === undefined || body instanceof Uint8Array
  return isAtHand && x.credentials.some((each) => each.renew !== undefined)
}

/**
 * Gives the exchange other credentials in place of those that can be had anew. `false` where none can: then the
 * backend's answer stands.
 */
export async function renewCredentials(x: Exchange, log: Log): Promise<boolean> {
  const before = x.credentials ?? []
  const after = await Promise.all(before.map((each) => renewed(each, x, log)))
  if (after.every((each) => each === undefined)) return false
  x.credentials = after.map((each, i) => each ?? (before[i] as BackendCredential))
  return true
}

async function renewed(
  credential: BackendCredential,
  x: Exchange,
  log: Log,
): Promise<BackendCredential | undefined> {
  try {
    return await credential.renew?.()
  } catch (cause) {
    log.warn('a backend refused a credential, and there is no other', { decision: x.id, cause })
    return undefined
  }
}

/** Nobody will read this reply. */
export function letGo(reply: ForwardedReply, x: Exchange, log: Log): void {
  discardBody(reply.body).catch((cause: unknown) =>
    log.debug('a reply was given up', { decision: x.id, cause }),
  )
}
