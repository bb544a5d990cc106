import type { Taker } from '@portcullis/kernel/later'
import type { ClientRequest, Response } from '../message.ts'
import { ClientError } from './client-error.ts'
import { composeRequestHead, type RequestHead } from './compose-request-head.ts'

/** Where a request is: in a queue, or on a connection. */
export interface Holder {
  /** Lets go of everything that the request occupies, and fails it with this. */
  giveUp(transfer: Transfer, error: ClientError): void
}

/** Methods that may be sent again when nobody knows whether they arrived (RFC 9110 §9.2.2). */
const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'])

/** One request on its way, and who waits for its response. */
export class Transfer {
  readonly request: ClientRequest
  readonly head: RequestHead
  /** Ticks at which it fails wherever it is, and while it waits; 0 for never. */
  readonly totalDeadline: number
  waitDeadline = 0
  holder: Holder | undefined
  isRetried = false
  /** Fails with a ClientError; what is told after the first word counts for nothing. */
  readonly #taker: Taker<Response>

  /** Throws a ClientError `bad-request` for what cannot be sent. */
  constructor(request: ClientRequest, totalDeadline: number, taker: Taker<Response>) {
    this.request = request
    this.head = composeRequestHead(request)
    this.totalDeadline = totalDeadline
    this.#taker = taker
    request.signal?.addEventListener('abort', this)
  }

  /** Whether sending it again does no harm and is possible. */
  get isRepeatable(): boolean {
    const { method, body } = this.request
    return !this.isRetried && IDEMPOTENT.has(method) && (body === undefined || body instanceof Uint8Array)
  }

  /** The signal's word that the caller is gone. */
  handleEvent(): void {
    this.holder?.giveUp(this, new ClientError('aborted'))
  }

  /** The response has begun; `finish` is still to come. */
  respond(response: Response): void {
    this.#taker.take(response)
  }

  fail(error: ClientError): void {
    this.finish()
    this.#taker.fail(error)
  }

  /** Nothing of it is under way any more. */
  finish(): void {
    this.holder = undefined
    this.request.signal?.removeEventListener('abort', this)
  }
}
