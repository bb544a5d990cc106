import type { Fields } from '../head/field-line.ts'
import type { RequestHead } from '../head/read-request-head.ts'
import type { Body, ServerRequest, TlsFacts } from '../message.ts'

/** What is the same for all requests of a connection. */
export interface Peer {
  readonly remoteAddress: string
  readonly tls: TlsFacts | undefined
}

export class IncomingRequest implements ServerRequest {
  readonly method: string
  readonly target: string
  readonly host: string
  readonly fields: Fields
  readonly body: Body | undefined
  readonly #peer: Peer
  #leaving: AbortController | undefined
  #hasLeft = false

  constructor(head: RequestHead, body: Body | undefined, peer: Peer) {
    this.method = head.method
    this.target = head.target
    this.host = head.host
    this.fields = head.fields
    this.body = body
    this.#peer = peer
  }

  get remoteAddress(): string {
    return this.#peer.remoteAddress
  }

  get tls(): TlsFacts | undefined {
    return this.#peer.tls
  }

  get signal(): AbortSignal {
    if (this.#leaving === undefined) {
      this.#leaving = new AbortController()
      if (this.#hasLeft) this.#leaving.abort()
    }
    return this.#leaving.signal
  }

  /** Nobody waits for the response any more. */
  leave(): void {
    this.#hasLeft = true
    this.#leaving?.abort()
  }
}
