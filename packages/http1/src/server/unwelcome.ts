import { type Malformed, malformed } from '../head/malformed.ts'
import type { RequestHead } from '../head/read-request-head.ts'

/** What is well-formed and yet not for us. */
export function unwelcome(head: RequestHead): Malformed | undefined {
  if (head.expectsElse) return malformed(417, 'unknown-expectation')
  // An offer of HTTP/2 may be left aside, as RFC 9110 §7.8 allows; who asks for another protocol can't go on.
  if (head.upgrade !== undefined && head.upgrade.toLowerCase() !== 'h2c') {
    return malformed(501, 'unknown-upgrade')
  }
  return undefined
}
