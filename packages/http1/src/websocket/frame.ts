import { isUtf8 } from 'node:buffer'
import { randomBytes } from 'node:crypto'

/** Opcodes (RFC 6455 §5.2). */
export const CONTINUATION = 0
export const TEXT = 1
export const BINARY = 2
export const CLOSE = 8
export const PING = 9
export const PONG = 10

/** The most that a control frame carries (RFC 6455 §5.5). */
export const MAX_CONTROL_BYTES = 125

/** A control frame as it goes out; a client masks, a server does not (RFC 6455 §5.1). */
export function controlFrame(opcode: number, payload: Uint8Array, isMasked: boolean): Buffer {
  const head = [0x80 | opcode, (isMasked ? 0x80 : 0) | payload.byteLength]
  if (!isMasked) return Buffer.concat([Buffer.from(head), payload])
  const mask = randomBytes(4)
  return Buffer.concat([Buffer.from(head), mask, unmasked(payload, mask)])
}

/** The content of a close frame (RFC 6455 §5.5.1); of a longer reason as much as fits. */
export function closePayload(code: number, reason: string): Buffer {
  const payload = Buffer.alloc(MAX_CONTROL_BYTES)
  payload.writeUInt16BE(code)
  // Writes whole characters only.
  return payload.subarray(0, 2 + payload.write(reason, 2))
}

/** What a close frame says; no code where it says nothing. `undefined` where it says what it must not (RFC 6455 §7.4). */
export function readClose(
  payload: Buffer,
): { readonly code: number | undefined; readonly reason: string } | undefined {
  if (payload.length === 0) return { code: undefined, reason: '' }
  if (payload.length === 1) return undefined
  const code = payload.readUInt16BE(0)
  const reason = payload.subarray(2)
  return isCloseCode(code) && isUtf8(reason) ? { code, reason: reason.toString() } : undefined
}

/** Codes that may be on the wire: those registered (RFC 6455 §7.4.1 and IANA), and the ranges of libraries and applications. */
function isCloseCode(code: number): boolean {
  return (
    (code >= 1000 && code <= 1014 && code !== 1004 && code !== 1005 && code !== 1006) ||
    (code >= 3000 && code <= 4999)
  )
}

/** Masking is its own reverse (RFC 6455 §5.3). */
export function unmasked(payload: Uint8Array, mask: Uint8Array): Buffer {
  const plain = Buffer.allocUnsafe(payload.byteLength)
  for (let i = 0; i < plain.length; i++) plain[i] = (payload[i] as number) ^ (mask[i % 4] as number)
  return plain
}
