import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { readOrigin } from './origin.ts'
import { TlsConnector, type UpstreamTls } from './upstream-tls.ts'

/**
 * Connects to `http://host:port` or, with the same care for certificates as for HTTP/1.1, to `https://host:port`, for a
 * client of another protocol, which is asked for in the handshake. Throws for what is no origin, and for TLS settings
 * that cannot be read.
 */
export function connectOther(origin: string, tls: UpstreamTls | undefined, protocol: string): Socket {
  const { isTls, host, port } = readOrigin(origin)
  if (!isTls) return connect({ host, port, noDelay: true, keepAlive: true })
  const socket = connectTls(new TlsConnector({ isTls, host, port }, tls ?? {}, protocol).options())
  socket.setNoDelay(true)
  return socket
}
