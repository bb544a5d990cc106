import type { RequestHead } from '../head/read-request-head.ts'
import type { Response } from '../message.ts'

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
  const { body } = response
  return head.minorVersion === 1 || body === undefined || body instanceof Uint8Array
}
