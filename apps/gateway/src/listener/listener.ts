import type { WholeBody } from '@portcullis/http1/body/whole-body'
import type { ServerCounts } from '@portcullis/http1/server/server-context'
import { type ServerLimits, serverLimits } from '@portcullis/http1/server/server-limit'
import type { ServerTls } from '@portcullis/http1/server/tls'
import type { ServerCounts as Http2Counts } from '@portcullis/http2/server/server-context'
import {
  type ServerLimits as Http2ServerLimits,
  serverLimits as http2ServerLimits,
} from '@portcullis/http2/server/server-limit'
import type { Fault } from '@portcullis/kernel/fault'
import type { Soon } from '@portcullis/kernel/later'
import type { Tunnel } from '@portcullis/kernel/tunnel'
import type { IncomingRequest } from '@portcullis/policy-kit/exchange'
import type { Reply } from '@portcullis/policy-kit/message/reply'
import type { TrustedProxies } from '../caller/read-caller.ts'

/** What goes back to a caller. */
export interface DoorReply extends Reply {
  /** Of a 101: takes the caller's end of the connection. */
  readonly switchTo?: ((caller: Tunnel) => void) | undefined
  /** The body, where it came in one piece and is to leave as it came. */
  readonly untouched?: WholeBody | undefined
}

/** What stands behind a listener. Neither method ever throws or rejects. */
export interface Door {
  handle(request: IncomingRequest): Soon<DoorReply>
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
  counts(): ListenerCounts
  /** Shows others from now on; connections that are open stay. Throws, and changes nothing, when one can't be used. */
  replaceCertificates(tls: ServerTls): void
  /** Takes no more calls, waits for those under way, and cuts off what is left after that time. */
  close(drainMillis: number): Promise<void>
}

/** Addresses are counted whatever is spoken; all else of HTTP/2 by itself, where it is spoken. */
export interface ListenerCounts extends ServerCounts {
  readonly http2: Http2Counts | undefined
}

/** What HTTP/2 has in common with HTTP/1.1, and is allowed alike. Heads are measured otherwise there. */
export const sharedLimits = [
  'maxFields',
  'maxTargetBytes',
  'maxBodyBytes',
  'headTimeoutMillis',
  'requestTimeoutMillis',
  'minBodyBytesPerSecond',
  'bodyWindowMillis',
  'keepAliveMillis',
  'stallTimeoutMillis',
] as const satisfies (keyof ServerLimits & keyof Http2ServerLimits)[]

/** What callers of HTTP/2 may cost besides. */
export type Http2Limits = Omit<Http2ServerLimits, (typeof sharedLimits)[number]>

/** What callers may cost us. */
export interface ListenerLimits extends ServerLimits {
  readonly http2: Http2Limits
}

export const listenerLimits: ListenerLimits = { ...serverLimits, http2: http2Only(http2ServerLimits) }

function http2Only(limits: Http2ServerLimits): Http2Limits {
  const {
    maxFields,
    maxTargetBytes,
    maxBodyBytes,
    headTimeoutMillis,
    requestTimeoutMillis,
    minBodyBytesPerSecond,
    bodyWindowMillis,
    keepAliveMillis,
    stallTimeoutMillis,
    ...own
  } = limits
  return own
}
