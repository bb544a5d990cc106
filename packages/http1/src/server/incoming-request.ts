import type { Taker } from '@portcullis/kernel/later'
import { LightSignal, type Signal } from '@portcullis/kernel/signal'
import type { Fields } from '../head/field-line.ts'
import type { RequestHead } from '../head/read-request-head.ts'
import { keepAnnounced } from '../head/trailer.ts'
import type { Body, Response, ServerRequest, TlsFacts, Trailers } from '../message.ts'
import { handshakeKeyOf, WEBSOCKET } from '../websocket/handshake.ts'

/** What is the same for all requests of a connection. */
export interface Peer {
  readonly remoteAddress: string
  readonly tls: TlsFacts | undefined
}

/** The connection of a request, as the request sees it. */
export interface RequestOwner {
  readonly peer: Peer
  inform(request: IncomingRequest, status: number, fields: readonly string[]): void
  respond(request: IncomingRequest, response: Response): void
  onHandlerFailed(request: IncomingRequest, thrown: unknown): void
}

/** A request, and who waits for its response. */
export class IncomingRequest implements ServerRequest, Taker<Response> {
  readonly head: RequestHead
  readonly method: string
  readonly target: string
  readonly host: string
  readonly fields: Fields
  readonly body: Body | undefined
  readonly trailers: Trailers | undefined
  readonly acceptsTrailers: boolean
  /** Of a checked handshake, kept: who handles the request may take its fields away. */
  readonly handshakeKey: string | undefined
  readonly #owner: RequestOwner
  #leaving: LightSignal | undefined
  #hasLeft = false

  constructor(
    head: RequestHead,
    body: Body | undefined,
    owner: RequestOwner,
    behind: { readonly trailers: readonly string[] } | undefined,
  ) {
    this.head = head
    this.method = head.method
    this.target = head.target
    this.host = head.host
    this.fields = head.fields
    this.body = body
    const { trailer } = head
    const hasTrailers = trailer !== undefined && behind !== undefined
    this.trailers = hasTrailers ? () => keepAnnounced(behind.trailers, trailer) : undefined
    this.acceptsTrailers = head.acceptsTrailers
    this.handshakeKey = head.upgrade === undefined ? undefined : handshakeKeyOf(head)
    this.#owner = owner
  }

  get remoteAddress(): string {
    return this.#owner.peer.remoteAddress
  }

  get upgrade(): 'websocket' | undefined {
    return this.handshakeKey === undefined ? undefined : WEBSOCKET
  }

  get tls(): TlsFacts | undefined {
    return this.#owner.peer.tls
  }

  get signal(): Signal {
    if (this.#leaving === undefined) {
      this.#leaving = new LightSignal()
      if (this.#hasLeft) this.#leaving.abort()
    }
    return this.#leaving
  }

  inform(status: number, fields: readonly string[]): void {
    this.#owner.inform(this, status, fields)
  }

  take(response: Response): void {
    try {
      this.#owner.respond(this, response)
    } catch (thrown) {
      this.fail(thrown)
    }
  }

  fail(thrown: unknown): void {
    this.#owner.onHandlerFailed(this, thrown)
  }

  /** Nobody waits for the response any more. */
  leave(): void {
    this.#hasLeft = true
    this.#leaving?.abort()
  }
}
