import { Socket } from 'node:net'

const SHARED_BYTES = 65_536
/**
 * One buffer for all sockets of a thread: on POSIX the system fills it, or TLS copies what it has deciphered, and its bytes
 * are handed over within one call.
 */
const shared = Buffer.allocUnsafeSlow(SHARED_BYTES)
/** What was handed over last: requests often are as long as the one before. */
let last = shared

/**
 * Node reads into a buffer of ours (`onread` of `net.connect`) for sockets that connect, and not for those that a server
 * takes; these are the fields that the option sets. For a request of one read it saves 64 KB from `malloc`, an
 * ArrayBuffer, an event and a tick. Where a release of Node has them no more, sockets are read by events.
 */
const fields = Object.getOwnPropertySymbols(new Socket())
const BUFFER = fields.find((each) => each.description === 'kBuffer')
const CALLBACK = fields.find((each) => each.description === 'kBufferCb')

interface Readable {
  readonly _handle?: { useUserBuffer?(buffer: Uint8Array): void } | null
  [field: symbol]: unknown
}

/**
 * Hands over what comes on a socket that a server has taken, in bytes that are valid during the call alone. `false`, and
 * nothing is changed, where the socket has to be listened to.
 */
export function readInto(socket: Socket, take: (bytes: Buffer) => void): boolean {
  const opened = socket as unknown as Readable
  const { _handle: handle } = opened
  if (process.platform === 'win32' || BUFFER === undefined || CALLBACK === undefined) return false
  if (socket.readableLength > 0) return false
  if (handle?.useUserBuffer === undefined || opened[BUFFER] !== null) return false
  handle.useUserBuffer(shared)
  opened[BUFFER] = shared
  opened[CALLBACK] = (length: number): boolean => {
    if (last.length !== length) last = shared.subarray(0, length)
    take(last)
    return true
  }
  return true
}
