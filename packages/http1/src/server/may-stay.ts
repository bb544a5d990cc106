import type { RequestHead } from '../head/read-request-head.ts'
import type { Response } from '../message.ts'
import type { Outlet } from '../outlet.ts'

/**
 * Whether a connection can be used again after this response. The rest of a body must be little enough to be dropped,
 * and on its way; and HTTP/1.0 knows no chunks: what streams there ends with its connection.
 */
export function mayStay(
  head: RequestHead,
  response: Response,
  remainingBytes: number,
  most: number,
): boolean {
  if (!head.keepAlive || response.close === true || remainingBytes > most) return false
  return head.minorVersion === 1 || response.body === undefined || response.body instanceof Uint8Array
}

/**
 * Whether there is nothing to wait for after the response to this request, of which all was read: a client that asked
 * for the end sends nothing more (RFC 9112 §9.6), and the system has the whole reply. TLS has a last word to say.
 */
export function mayClose(head: RequestHead | undefined, outlet: Outlet): boolean {
  return head?.keepAlive === false && outlet.waitingBytes === 0 && outlet.isPlain
}
