import type { Socket } from 'node:net'
import { Connection } from './connection.ts'
import {
  type Peer,
  ServerContext,
  type ServerCounts,
  type ServerHandler,
  type ServerObserver,
} from './server-context.ts'
import { type ServerLimits, serverLimits } from './server-limit.ts'

export interface Http2ServerOptions extends ServerHandler {
  readonly limits?: Partial<ServerLimits>
  readonly observer: ServerObserver
}

/** Speaks HTTP/2 (RFC 9113) on connections that somebody else took. */
export interface Http2Server {
  /** With all that has come on it put back; it is this server's from then on, and closed by it. */
  take(socket: Socket, peer: Peer): void
  counts(): ServerCounts
  /** Takes no more calls: every client is told so (GOAWAY), and each connection closes after its last call. */
  drain(): void
  /** Cuts off what is left. */
  close(): void
}

export function openHttp2Server(options: Http2ServerOptions): Http2Server {
  const context = new ServerContext({ ...serverLimits, ...options.limits }, options, options.observer)
  let sweeping: NodeJS.Timeout | undefined

  function sweep(): void {
    context.sweep()
    if (context.connections.size > 0) return
    clearInterval(sweeping)
    sweeping = undefined
  }

  return {
    take(socket, peer) {
      sweeping ??= setInterval(sweep, context.tickMillis).unref()
      new Connection(socket, peer, context)
    },
    counts: () => context.counts(),
    drain() {
      context.isDraining = true
      context.connections.each((connection) => connection.drain())
    },
    close() {
      context.connections.each((connection) => connection.cut())
    },
  }
}
