import { connect, type OnReadOpts, type Socket } from 'node:net'
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls'
import type { Origin } from './origin.ts'
import type { TlsConnector } from './upstream-tls.ts'

const SHARED_BYTES = 65_536
/** The content of a TLS record (RFC 8446 §5.1): no read brings more. */
const OWN_BYTES = 16_384

/**
 * One buffer for all plain sockets of a thread: on POSIX the system fills it and its bytes are handed over within one
 * call. Elsewhere, and under TLS, a read may be under way while another one is handed over: there each has its own.
 */
const shared = Buffer.allocUnsafeSlow(SHARED_BYTES)

/** What a connection hears of its socket. */
export interface SocketEvents {
  onReady(): void
  onBytes(bytes: Buffer): void
  onRoom(): void
  /** The server sends nothing more. */
  onPeerEnd(): void
  onError(error: Error): void
  onClose(): void
}

/** Connects; the name is looked up anew each time. No stream machinery is between the socket and `onBytes`. */
export function openSocket(origin: Origin, tls: TlsConnector | undefined, events: SocketEvents): Socket {
  const isShared = tls === undefined && process.platform !== 'win32'
  const buffer = isShared ? shared : Buffer.allocUnsafeSlow(OWN_BYTES)
  // Replies often are as long as the one before.
  let last = buffer
  const onread = {
    buffer,
    callback(length: number): boolean {
      if (last.length !== length) last = buffer.subarray(0, length)
      events.onBytes(last)
      return true
    },
  }
  const { host, port } = origin
  const socket =
    tls === undefined ? connect({ host, port, noDelay: true, keepAlive: true, onread }) : openTls(tls, onread)
  socket.on(tls === undefined ? 'connect' : 'secureConnect', () => events.onReady())
  socket.on('drain', () => events.onRoom())
  socket.on('end', () => events.onPeerEnd())
  socket.on('error', (error) => events.onError(error))
  socket.on('close', () => events.onClose())
  return socket
}

function openTls(tls: TlsConnector, onread: OnReadOpts): TLSSocket {
  // Every socket takes it, although the types of TLS do not tell.
  const options: ConnectionOptions & { onread: OnReadOpts } = { ...tls.options(), onread }
  const socket = connectTls(options)
  socket.setNoDelay(true)
  socket.on('session', (session) => {
    tls.session = session
  })
  return socket
}
