import { type Malformed, malformed } from '../head/malformed.ts'
import type { RequestHead } from '../head/read-request-head.ts'
import { checkHandshake, WEBSOCKET } from '../websocket/handshake.ts'

/** What is well-formed and yet not for us. */
export function unwelcome(head: RequestHead): Malformed | undefined {
  if (head.expectsElse) return malformed(417, 'unknown-expectation')
  if (head.upgrade === undefined) return undefined
  const protocol = head.upgrade.toLowerCase()
  if (protocol === WEBSOCKET) return checkHandshake(head)
  // An offer of HTTP/2 may be left aside, as RFC 9110 §7.8 allows; who asks for another protocol can't go on.
  return protocol === 'h2c' ? undefined : malformed(501, 'unknown-upgrade')
}
