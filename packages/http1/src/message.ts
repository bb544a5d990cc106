import type { Signal } from '@portcullis/kernel/signal'
import type { Tunnel } from '@portcullis/kernel/tunnel'
import type { WholeBody } from './body/whole-body.ts'
import type { Fields } from './head/field-line.ts'

/**
 * Content of a message. All of it where it came in one piece with the head, which most do; else it streams: whoever
 * iterates sets the pace, and giving the iteration up gives the rest of the body up.
 */
export type Body = Uint8Array | AsyncIterable<Uint8Array>

/** The fields behind a body (RFC 9110 §6.5), names and values in turn; to be asked for once the body has ended. */
export type Trailers = () => readonly string[]

/** A request as the server hands it over: one whole, strictly read head. */
export interface ServerRequest {
  readonly method: string
  /** Origin form (RFC 9112 §3.2.1), or `*` of OPTIONS. */
  readonly target: string
  /** The authority that is asked for. */
  readonly host: string
  /** Names and values in turn, as they came. */
  readonly fields: Fields
  /** Absent when the request has none. Reading it answers `Expect: 100-continue`. */
  readonly body: Body | undefined
  /** Only where the head announces some, in `Trailer`; no others are handed over. */
  readonly trailers: Trailers | undefined
  /** Whether fields behind the body of the response are taken (`TE: trailers`). */
  readonly acceptsTrailers: boolean
  /** The peer's address, IPv4-mapped IPv6 written as IPv4. */
  readonly remoteAddress: string
  readonly tls: TlsFacts | undefined
  /** A checked offer to change to WebSocket (RFC 6455 §4.2.1); any other request has none. */
  readonly upgrade: 'websocket' | undefined
  /** Aborted when the caller goes away. Made when first asked for: most requests never do. */
  readonly signal: Signal
  /**
   * Sends an interim response, such as 103 (RFC 8297), before the one that is handed over. Does nothing once that has
   * begun, and to HTTP/1.0, which knows none (RFC 9110 §15.2). Throws for fields that can't be sent.
   */
  inform(status: number, fields: readonly string[]): void
}

/** What is known of the TLS connection under a request. */
export interface TlsFacts {
  readonly version: string
  readonly cipher: string
  /** The name the client asked for (RFC 6066 §3). */
  readonly serverName: string | undefined
  /** The client's certificate, DER, where one was asked for and given, and whether it was verified. */
  readonly clientCertificate: { readonly der: Uint8Array; readonly verified: boolean } | undefined
}

/** A response in either direction. Fields hold nothing that belongs to one connection; framing is written afresh. */
export interface Response {
  readonly status: number
  readonly fields: readonly string[]
  /** A `StreamedBody` reaches the other side at the least cost. */
  readonly body: Body | undefined
  /** The same as `body` where that came in one piece; who asks for this and not for `body` leaves it as it came. */
  readonly whole?: WholeBody | undefined
  /** Only where there may be some. Those that `Trailer` names are sent, to a caller who takes them. */
  readonly trailers?: Trailers | undefined
  /** Sent by the server alone: the connection is not used after this response. */
  readonly close?: boolean
  /**
   * Of a 101: takes the caller's end of the connection, once the head is written. Never called where the caller has left
   * before; the request's signal tells.
   */
  readonly switchTo?: ((caller: Tunnel) => void) | undefined
  /** Of a 101 that came to a client who asked for it: the server's end of the connection. */
  readonly tunnel?: Tunnel | undefined
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
  /** The value of Host. */
  readonly host: string
  readonly fields: readonly string[]
  readonly body: Body | undefined
  /** Those that `Trailer` names are sent. */
  readonly trailers?: Trailers | undefined
  /** Asks for fields behind the body of the response. */
  readonly acceptsTrailers?: boolean | undefined
  readonly signal: Signal | undefined
  /** Asks to change to WebSocket. A server that will not answers as to any other request. */
  readonly upgrade?: 'websocket' | undefined
  /** Told of interim responses that the caller may like to know of: 103 (RFC 8297). */
  readonly inform?: ((status: number, fields: readonly string[]) => void) | undefined
  readonly timeouts?: ClientTimeouts | undefined
}
