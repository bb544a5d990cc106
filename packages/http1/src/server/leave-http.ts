import type { Socket } from 'node:net'
import type { Response } from '../message.ts'
import { SocketTunnel } from '../tunnel/socket-tunnel.ts'
import { switchingHead } from '../websocket/handshake.ts'
import type { IncomingRequest } from './incoming-request.ts'
import type { SocketListener } from './socket-feed.ts'

/**
 * Answers an offer of another protocol by changing to it: the connection's events are the tunnel's from here on, and what
 * came behind the request is the beginning of what it carries. Throws, before anything was sent, where there was no offer
 * or the fields can't be sent.
 */
export function leaveHttp(
  socket: Socket,
  connection: SocketListener,
  { handshakeKey }: IncomingRequest,
  { fields, status, switchTo }: Response,
  unread: Buffer | undefined,
): SocketTunnel {
  if (handshakeKey === undefined || status !== 101) throw new RangeError('nobody asked for another protocol')
  socket.write(switchingHead(handshakeKey, fields), 'latin1')
  const tunnel = new SocketTunnel(socket, unread, connection)
  switchTo?.(tunnel)
  return tunnel
}
