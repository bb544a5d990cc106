import type { WholeBody } from '@portcullis/http1/body/whole-body'
import { type ClientLimits, clientLimits } from '@portcullis/http1/client/client-limits'
import type { PoolCounts } from '@portcullis/http1/client/pool'
import type { UpstreamTls } from '@portcullis/http1/client/upstream-tls'
import type { ClientTimeouts } from '@portcullis/http1/message'
import {
  type ClientLimits as Http2ClientLimits,
  clientLimits as http2ClientLimits,
} from '@portcullis/http2/client/client-limits'
import type { Later } from '@portcullis/kernel/later'
import type { Signal } from '@portcullis/kernel/signal'
import type { Tunnel } from '@portcullis/kernel/tunnel'
import type { Protocol } from '@portcullis/model/resource/upstream'
import type { BackendCredential } from '@portcullis/policy-kit/backend-credential'
import type { HeaderList } from '@portcullis/policy-kit/message/header-list'
import type { Body, Reply, Trailers } from '@portcullis/policy-kit/message/reply'
import type { Timeouts } from '@portcullis/policy-kit/message/timeouts'

/** A request as it goes to a backend. */
export interface OutgoingRequest {
  /** Scheme, host and port. */
  readonly origin: string
  readonly method: string
  /** Path and query, byte for byte as they are sent. */
  readonly target: string
  /** Without `Host`, `Connection` and the rest that belongs to one connection; the forwarder writes those. */
  readonly headers: HeaderList
  readonly body: Body | undefined
  /** Those that the head announces in `Trailer`; over HTTP/2 all of them. */
  readonly trailers?: Trailers | undefined
  /** Asks the backend for fields behind its body. */
  readonly acceptsTrailers?: boolean | undefined
  /** Aborted when the caller goes away: the backend's work is then given up. */
  readonly signal: Signal
  /** Told of early hints (103, RFC 8297), with all their fields. */
  readonly inform?: ((status: number, fields: readonly string[]) => void) | undefined
  /** Asks to change to WebSocket, by a handshake of the forwarder's own. */
  readonly upgrade?: 'websocket' | undefined
  /** How a TLS backend is recognised, and recognises us: by the public authorities when absent. */
  readonly tls?: UpstreamTls | undefined
  /** What tells the backend who calls: written into each attempt. */
  readonly credentials?: readonly BackendCredential[] | undefined
  /** What the backend speaks; HTTP/1.1 when absent. */
  readonly protocol?: Protocol | undefined
  /** How long this call may take, where that is not the same as for all others. */
  readonly timeouts?: Timeouts | undefined
  /** The moment, of `performance.now()`, at which it is given up; the same for every attempt. */
  readonly endsAt?: number | undefined
}

/** A reply of a backend. */
export interface ForwardedReply extends Reply {
  /** Of a 101 that was asked for: the backend's end of the connection, which is nobody's until it is taken. */
  readonly tunnel?: Tunnel | undefined
  /** The body, where it came in one piece and nobody has asked for it or put another in its place. */
  readonly untouched?: WholeBody | undefined
}

/**
 * Carries requests to backends over connections that it keeps.
 *
 * The reply's head comes back as soon as it is complete, without fields that belong to one connection; its body
 * streams at the pace of whoever reads it, and giving the body up gives up the backend's connection. It never
 * follows redirects, never decodes content and verifies the certificate of every TLS backend. Rejects with a fault
 * of `gateway.upstream-*`, or `gateway.caller-gone`.
 */
export interface Forwarder {
  forward(request: OutgoingRequest): Promise<ForwardedReply> | Later<ForwardedReply>
  /** Of the connections to all backends. */
  counts(): PoolCounts
  /** Gives up what is still under way. */
  close(): Promise<void>
}

/** The times of one call as clients take them; `undefined` where they are as always. */
export function clientTimeouts({ timeouts, endsAt }: OutgoingRequest): ClientTimeouts | undefined {
  if (timeouts === undefined) return undefined
  return {
    connectMillis: timeouts.connectMillis,
    headMillis: timeouts.firstByteMillis,
    bodyIdleMillis: timeouts.idleMillis,
    // One that is over already fails at the first look at the clock.
    totalMillis: endsAt === undefined ? undefined : Math.max(0, endsAt - performance.now()),
  }
}

/** What backends of HTTP/2 may cost besides; all else is that of HTTP/1.1. */
export type Http2ForwarderLimits = Pick<Http2ClientLimits, (typeof http2Own)[number]>

const http2Own = [
  'maxStreamsPerSession',
  'streamIdleMillis',
  'keepAliveMillis',
  'pingMillis',
  'pingTimeoutMillis',
  'windowBytes',
] as const satisfies (keyof Http2ClientLimits)[]

/** Of each thread. What a reply may have and the whole call may take is said for operations, by policies. */
export interface ForwarderLimits extends Omit<ClientLimits, 'totalTimeoutMillis' | 'maxResponseBytes'> {
  readonly http2: Http2ForwarderLimits
}

export const forwarderLimits: ForwarderLimits = {
  ...clientLimits,
  http2: Object.fromEntries(
    http2Own.map((each) => [each, http2ClientLimits[each]]),
  ) as unknown as Http2ForwarderLimits,
}
