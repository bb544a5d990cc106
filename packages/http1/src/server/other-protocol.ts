import type { Socket } from 'node:net'
import type { Peer } from './incoming-request.ts'

/** Another protocol that is spoken at the same address. Its connections count as ours do, and are closed with them. */
export interface OtherProtocol {
  /** Its name where TLS negotiates (RFC 7301); preferred to HTTP/1.1. */
  readonly alpn: string
  /** The bytes with which it begins where nothing negotiates; without them it is spoken over TLS alone. */
  readonly preface?: Uint8Array | undefined
  /** Gets the connection, with all that has come on it put back. */
  take(socket: Socket, peer: Peer): void
  /** Takes no more requests, and closes each connection after its last. */
  drain(): void
}

/**
 * Waits until it is clear whether a connection begins with those bytes, at most so long, and hands it over with all that
 * came put back. What they begin with must begin no request of HTTP/1.
 */
export function awaitPreface(
  socket: Socket,
  preface: Uint8Array,
  timeoutMillis: number,
  take: (isPreface: boolean) => void,
): void {
  let received: Buffer = Buffer.alloc(0)
  const timer = setTimeout(() => decide(false), timeoutMillis)
  socket.on('data', hear)
  socket.once('end', closeUnheard)
  socket.once('error', closeUnheard)
  socket.once('close', stop)

  function hear(bytes: Buffer): void {
    received = received.length === 0 ? bytes : Buffer.concat([received, bytes])
    const length = Math.min(received.length, preface.length)
    if (Buffer.compare(received.subarray(0, length), preface.subarray(0, length)) !== 0) decide(false)
    else if (length === preface.length) decide(true)
  }

  function decide(isPreface: boolean): void {
    stop()
    socket.pause()
    if (received.length > 0) socket.unshift(received)
    take(isPreface)
  }

  function closeUnheard(): void {
    stop()
    socket.on('error', () => undefined)
    socket.destroy()
  }

  function stop(): void {
    clearTimeout(timer)
    socket.off('data', hear)
    for (const event of ['end', 'error']) socket.off(event, closeUnheard)
    socket.off('close', stop)
  }
}
