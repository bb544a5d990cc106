import type { Outlet } from '../outlet.ts'

/** What one read of a body brings, with a head or the frame of a chunk around it. */
const BUFFER_BYTES = 66_560
/** Most messages are no larger; what has to wait then holds hardly more than it must. */
const SMALL_BYTES = 4_096
/** Those that nobody uses at the moment. A write takes one and gives it back, so there is never use for a second. */
let spare: Buffer | undefined
let smallSpare: Buffer | undefined

/**
 * Writes text, bytes and text in one piece; the bytes may be overwritten afterwards. False when there is no room for
 * more. Making a new buffer for every piece would cost more than all the copying: what the system took at once, which
 * is nearly everything, leaves its buffer to the next piece. What has to wait behind others gets one of its own size.
 */
export function writeJoined(outlet: Outlet, before: string, bytes: Uint8Array, after: string): boolean {
  const size = before.length + bytes.byteLength + after.length
  const isSmall = size <= SMALL_BYTES
  // TLS never takes a small piece at once.
  const isLent = size <= BUFFER_BYTES && outlet.waitingBytes === 0 && (outlet.isPlain || !isSmall)
  const buffer = isLent ? takeSpare(isSmall) : Buffer.allocUnsafe(size)
  if (before !== '') buffer.write(before, 0, 'latin1')
  buffer.set(bytes, before.length)
  if (after !== '') buffer.write(after, before.length + bytes.byteLength, 'latin1')
  if (!isLent) return outlet.write(buffer)
  const hasRoom = outlet.write(buffer.subarray(0, size))
  // What waits keeps its buffer, and takes it along into the garbage.
  if (outlet.waitingBytes === 0) keepSpare(buffer)
  return hasRoom
}

/** Of large pieces that wait for a moment; no more are kept. */
const MAX_IDLE = 4
const LEAST_WAITING_BYTES = 16_384
const idle: Buffer[] = []

/**
 * A copy for somebody who hands it on and then gives it back. Most bodies begin in the same read as their head, and
 * their first piece waits until the head has been dealt with: a buffer of its own each time would be made, filled with
 * zeros and swept.
 */
export function lentCopy(bytes: Uint8Array): Buffer {
  const size = bytes.byteLength
  if (size < LEAST_WAITING_BYTES || size > BUFFER_BYTES) return ownCopy(bytes)
  const buffer = idle.pop() ?? Buffer.allocUnsafeSlow(BUFFER_BYTES)
  buffer.set(bytes)
  return buffer.subarray(0, size)
}

/** Takes back what `lentCopy` gave and nobody has any more; of anything else nothing is kept. */
export function giveBack(copy: Buffer): void {
  const isLent = copy.byteLength >= LEAST_WAITING_BYTES && copy.buffer.byteLength === BUFFER_BYTES
  if (isLent && idle.length < MAX_IDLE) idle.push(Buffer.from(copy.buffer))
}

/** A copy with memory of its own: what may wait for long must not keep a slab that others have parts of. */
export function ownCopy(bytes: Uint8Array): Buffer {
  const copy = Buffer.allocUnsafeSlow(bytes.byteLength)
  copy.set(bytes)
  return copy
}

function takeSpare(isSmall: boolean): Buffer {
  if (isSmall) {
    const small = smallSpare ?? Buffer.allocUnsafeSlow(SMALL_BYTES)
    smallSpare = undefined
    return small
  }
  const buffer = spare ?? Buffer.allocUnsafeSlow(BUFFER_BYTES)
  spare = undefined
  return buffer
}

function keepSpare(buffer: Buffer): void {
  if (buffer.byteLength === SMALL_BYTES) smallSpare = buffer
  else spare = buffer
}
