import type { ServerCounts } from '@portcullis/http1/server/server-context'
import { type ServerLimits, serverLimits } from '@portcullis/http1/server/server-limit'
import type { ServerTls } from '@portcullis/http1/server/tls'
import type { Tunnel } from '@portcullis/http1/tunnel/tunnel'
import type { Fault } from '@portcullis/kernel/fault'
import type { IncomingRequest } from '@portcullis/policy-kit/exchange'
import type { Reply } from '@portcullis/policy-kit/reply'
import type { TrustedProxies } from './caller/read-caller.ts'

/** What goes back to a caller. */
export interface DoorReply extends Reply {
  /** Of a 101: takes the caller's end of the connection. */
  readonly switchTo?: ((caller: Tunnel) => void) | undefined
}

/** What stands behind a listener. Neither method ever throws or rejects. */
export interface Door {
  handle(request: IncomingRequest): DoorReply | Promise<DoorReply>
  /** The reply to something that is no acceptable request; `method` where so much could be read. */
  refuse(fault: Fault, method?: string): Reply
}

/** Whether HTTP/2 is spoken: where TLS negotiates it, or also, to those who begin with it, without TLS. */
export type Http2Use = 'off' | 'tls' | 'cleartext'

export interface Address {
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  /** Lets others that say the same listen here too; the system then shares new connections out among them. */
  readonly reusePort?: boolean
  /** The certificates to show; without them calls come unencrypted. */
  readonly tls?: ServerTls
  /** Who may speak for callers. Without them the peer of the connection is the caller. */
  readonly trustedProxies?: TrustedProxies | undefined
  /** Whether they begin every connection with a header of the PROXY protocol; connections of others are then closed. */
  readonly proxyProtocol?: boolean
  /** `tls` when absent. */
  readonly http2?: Http2Use
}

/**
 * Takes requests from a socket. What it hands over is one whole, strictly read head: one Host, a known method, a
 * target in origin form. Bodies stream both ways at the pace of the slower side.
 */
export interface Listener {
  readonly port: number
  counts(): ServerCounts
  /** Shows others from now on; connections that are open stay. Throws, and changes nothing, when one can't be used. */
  replaceCertificates(tls: ServerTls): void
  /** Takes no more calls, waits for those under way, and cuts off what is left after that time. */
  close(drainMillis: number): Promise<void>
}

/** What callers may cost us. */
export type ListenerLimits = ServerLimits

export const listenerLimits: ListenerLimits = serverLimits
