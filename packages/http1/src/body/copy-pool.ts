import type { Socket } from 'node:net'

/** What one read of a body brings, with a head or the frame of a chunk around it. */
const BUFFER_BYTES = 66_560
/** Less is carved out of the slabs of the runtime, which is as quick. */
const LEAST_BYTES = 4_096
/** So many are kept for the next time, some two megabytes in each thread. */
const MAX_FREE = 32
const free: Buffer[] = []

/**
 * Writes text, bytes and text in one piece; the bytes may be overwritten afterwards. False when there is no room for
 * more. Making a new buffer for every piece would cost more than all the copying: what the system took at once, which
 * is nearly everything, leaves its buffer to the next piece.
 */
export function writeJoined(socket: Socket, before: string, bytes: Uint8Array, after: string): boolean {
  const size = before.length + bytes.byteLength + after.length
  const isLent = size >= LEAST_BYTES && size <= BUFFER_BYTES
  const buffer = isLent ? (free.pop() ?? Buffer.allocUnsafeSlow(BUFFER_BYTES)) : Buffer.allocUnsafe(size)
  if (before !== '') buffer.write(before, 0, 'latin1')
  buffer.set(bytes, before.length)
  if (after !== '') buffer.write(after, before.length + bytes.byteLength, 'latin1')
  if (!isLent) return socket.write(buffer)
  const hasRoom = socket.write(buffer.subarray(0, size))
  // What waits keeps its buffer, and takes it along into the garbage.
  if (socket.writableLength === 0 && free.length < MAX_FREE) free.push(buffer)
  return hasRoom
}
