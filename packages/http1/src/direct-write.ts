import { Socket, type SocketConstructorOpts } from 'node:net'
import { getSystemErrorName } from 'node:util'

/** Who gave something to the system that it did not take at once. */
export interface Giver {
  /** It has been taken, or never will be. */
  onTaken(error: Error | undefined): void
}

/** The object that Node hands to the system with a write, and is called on when the system took its time. */
interface WriteRequest {
  /** Below 0 while no write has it. */
  getAsyncId(): number
  oncomplete(status: number): void
  giver: Giver
  /** What is written must not be collected meanwhile. */
  data: unknown
}

interface Opened {
  readonly _handle?: {
    writeLatin1String(request: WriteRequest, text: string): number
    writeBuffer(request: WriteRequest, bytes: Uint8Array): number
  } | null
}

/**
 * What a stream calls to write makes such an object each time, outside of V8's heap too, which takes as long as all else
 * that Node does around a write (0.12 µs; two for a call). The system holds it only where it has to wait: all other
 * writes share one. Where a release of Node has no such objects, the stream's own way is taken.
 */
const Request = findRequestClass()
let spare = Request && new Request()

/** Node does not name their class; a socket over a handle of ours is asked to write nothing, and shows one. */
function findRequestClass(): (new () => WriteRequest) | undefined {
  let found: WriteRequest | undefined
  const handle = {
    writeLatin1String(request: WriteRequest): number {
      found = request
      return 0
    },
  }
  const socket = new Socket({ handle, readable: false } as unknown as SocketConstructorOpts)
  socket._write('', 'latin1' as BufferEncoding, () => undefined)
  if (typeof found?.getAsyncId !== 'function' || found.getAsyncId() >= 0) return undefined
  return found.constructor as new () => WriteRequest
}

/**
 * Gives a text in latin1, or bytes, to the system past the queue of the stream, which must be empty. True when all of it
 * was taken, or never will be, of which the giver is told within the call; else he is told later.
 */
export function writeDirectly(socket: Socket, data: string | Uint8Array, giver: Giver): boolean {
  const handle = (socket as unknown as Opened)._handle
  if (Request === undefined || spare === undefined || handle == null || socket.connecting)
    return writeByStream(socket, data, giver)
  const request = spare
  const status =
    typeof data === 'string' ? handle.writeLatin1String(request, data) : handle.writeBuffer(request, data)
  if (status < 0) giver.onTaken(failure(status))
  if (status < 0 || request.getAsyncId() < 0) return true
  spare = new Request()
  request.giver = giver
  request.data = data
  request.oncomplete = onComplete
  return false
}

function onComplete(this: WriteRequest, status: number): void {
  this.giver.onTaken(status < 0 ? failure(status) : undefined)
}

function failure(status: number): Error {
  const code = getSystemErrorName(status)
  return Object.assign(new Error(`write ${code}`), { code, errno: status, syscall: 'write' })
}

/** `writable._write`, which a stream calls: says within the call that all was taken, or later. */
function writeByStream(socket: Socket, data: string | Uint8Array, giver: Giver): boolean {
  let isWithin = true
  let isTaken = false
  const encoding = typeof data === 'string' ? 'latin1' : 'buffer'
  socket._write(data, encoding as BufferEncoding, (error) => {
    isTaken = true
    if (error != null || !isWithin) giver.onTaken(error ?? undefined)
  })
  isWithin = false
  return isTaken
}
