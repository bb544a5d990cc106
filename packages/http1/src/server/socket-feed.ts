import type { Socket } from 'node:net'
import { Outlet } from '../outlet.ts'
import { readInto } from './read-into.ts'

/** What is told of a socket. */
export interface SocketListener {
  /** The bytes are valid during the call alone. */
  onBytes(bytes: Buffer): void
  onRoom(): void
  /** The other side sends no more. */
  onEnd(): void
  /** All that was written was taken, the end too. */
  onFinish(): void
  onClose(): void
}

/** Tells one listener at a time what happens on a socket: a connection that leaves HTTP gets another. */
export class SocketFeed {
  listener: SocketListener
  readonly outlet: Outlet

  constructor(socket: Socket, listener: SocketListener) {
    this.listener = listener
    this.outlet = new Outlet(socket, () => this.listener.onRoom())
    const take = (bytes: Buffer): void => this.listener.onBytes(bytes)
    if (!readInto(socket, take)) socket.on('data', take)
    socket.on('drain', () => this.listener.onRoom())
    socket.on('end', () => this.listener.onEnd())
    socket.on('finish', () => this.listener.onFinish())
    socket.on('close', () => this.listener.onClose())
    // `close` follows, and says all that matters.
    socket.on('error', () => socket.destroy())
  }
}
