import type { Signal } from '@portcullis/kernel/signal'
import type { Tunnel } from '@portcullis/kernel/tunnel'

/**
 * The shapes of messages. They are those of `packages/http1`, so that whoever stands behind both need not know which
 * of them carries a message; the two packages don't know each other.
 */

/** Names and values in turn. */
export type Fields = string[]

/** Content: whoever iterates sets the pace, and giving the iteration up gives the rest of the body up. */
export type Body = Uint8Array | AsyncIterable<Uint8Array>

/** The fields behind a body (RFC 9110 §6.5), names and values in turn; to be asked for once the body has ended. */
export type Trailers = () => readonly string[]

export interface ServerRequest {
  readonly method: string
  /** Path and query, or `*` of OPTIONS. */
  readonly target: string
  /** The authority that is asked for. */
  readonly host: string
  /** As they came, less what framed the stream; the authority is among them as `host`. */
  readonly fields: Fields
  /** Absent when the request has none. Reading it answers `Expect: 100-continue`. */
  readonly body: Body | undefined
  readonly trailers: Trailers | undefined
  /** Whether the caller says that fields behind the body of the response are taken (`te: trailers`); they are sent anyway. */
  readonly acceptsTrailers: boolean
  /** A checked offer to make a WebSocket of the stream (RFC 8441); any other request has none. */
  readonly upgrade: 'websocket' | undefined
  /** The peer's address, IPv4-mapped IPv6 written as IPv4. */
  readonly remoteAddress: string
  readonly tls: TlsFacts | undefined
  /** Aborted when the caller goes away or takes the call back. Made when first asked for. */
  readonly signal: Signal
  /** Sends an interim response; nothing once the final one has begun. Throws for fields that can't be sent. */
  inform(status: number, fields: readonly string[]): void
}

/** What is known of the TLS connection under a request. */
export interface TlsFacts {
  readonly version: string
  readonly cipher: string
  readonly serverName: string | undefined
  readonly clientCertificate: { readonly der: Uint8Array; readonly verified: boolean } | undefined
}

/** A response in either direction. */
export interface Response {
  readonly status: number
  readonly fields: readonly string[]
  readonly body: Body | undefined
  readonly trailers?: Trailers | undefined
  /** Of a server's 101, which takes an offer: gets the stream, whose status is then 200 (RFC 8441 §5). */
  readonly switchTo?: ((caller: Tunnel) => void) | undefined
}

/** How long one request may take, in milliseconds, where that differs from the limits of the client. */
export interface ClientTimeouts {
  /** Until there is a connection for it. */
  readonly connectMillis?: number | undefined
  /** From the request's end to the complete head of the response. */
  readonly headMillis?: number | undefined
  /** Between two pieces of a body. */
  readonly bodyIdleMillis?: number | undefined
  /** From handing it over to the end of the response. */
  readonly totalMillis?: number | undefined
}

/** A request as the client sends it. */
export interface ClientRequest {
  readonly method: string
  /** Path and query, byte for byte. */
  readonly target: string
  /** The value of `:authority`. */
  readonly host: string
  readonly fields: readonly string[]
  readonly body: Body | undefined
  readonly trailers?: Trailers | undefined
  readonly signal: Signal | undefined
  /** Messages go both ways whenever there are some, so that silence is no sign of trouble. */
  readonly isStream?: boolean
  readonly inform?: ((status: number, fields: readonly string[]) => void) | undefined
  readonly timeouts?: ClientTimeouts | undefined
}
