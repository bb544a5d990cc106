import { type FlowingBody, flowing } from '../body/iterable-body.ts'
import type { BodySink } from '../body/streamed-body.ts'
import { ClientError } from './client-error.ts'

/** What comes of sending a body. After one of the two last there is nothing more. */
export interface SendingEvents {
  /** Writes these bytes; false when they have to wait. */
  send(bytes: Uint8Array | string): boolean
  onSent(): void
  onSendingFailed(error: ClientError): void
}

const CRLF_BYTES = 2

/**
 * Sends a streaming body behind its head, no faster than the server takes it: by length, to which it is held exactly,
 * or in chunks (RFC 9112 §7.1). The head leaves with the first piece where there is one at once.
 */
export class RequestBodyWriter implements BodySink {
  readonly #events: SendingEvents
  readonly #length: number | undefined
  #head: string
  #sentBytes = 0
  #isOver = false
  #body: FlowingBody | undefined

  constructor(events: SendingEvents, head: string, length: number | undefined) {
    this.#events = events
    this.#head = head
    this.#length = length
  }

  start(body: AsyncIterable<Uint8Array>): void {
    this.#body = flowing(body)
    this.#body.flowTo(this)
    const head = this.#takeHead()
    if (head !== '' && !this.#isOver) this.#events.send(head)
  }

  /** The server takes more. */
  resume(): void {
    this.#body?.resume()
  }

  /** Nobody wants the rest: whoever makes it may stop. */
  stop(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#body?.abandon()
  }

  write(bytes: Uint8Array): boolean {
    if (this.#isOver || bytes.byteLength === 0) return true
    this.#sentBytes += bytes.byteLength
    if (this.#length !== undefined && this.#sentBytes > this.#length) {
      this.fail(new Error('the body is longer than its Content-Length'))
      return false
    }
    return this.#events.send(this.#framed(bytes))
  }

  end(): void {
    if (this.#isOver) return
    if (this.#length !== undefined && this.#sentBytes < this.#length) {
      this.fail(new Error('the body is shorter than its Content-Length'))
      return
    }
    this.#isOver = true
    const rest = this.#takeHead() + (this.#length === undefined ? '0\r\n\r\n' : '')
    if (rest !== '') this.#events.send(rest)
    this.#events.onSent()
  }

  fail(error: Error): void {
    if (this.#isOver) return
    this.stop()
    this.#events.onSendingFailed(new ClientError('request-body-failed', { cause: error }))
  }

  /** A copy, because the bytes are not ours: with what belongs before and after them, so that one write will do. */
  #framed(bytes: Uint8Array): Uint8Array {
    const isChunk = this.#length === undefined
    const before = this.#takeHead() + (isChunk ? `${bytes.byteLength.toString(16)}\r\n` : '')
    const framed = Buffer.allocUnsafe(before.length + bytes.byteLength + (isChunk ? CRLF_BYTES : 0))
    framed.write(before, 0, 'latin1')
    framed.set(bytes, before.length)
    if (isChunk) framed.write('\r\n', before.length + bytes.byteLength, 'latin1')
    return framed
  }

  #takeHead(): string {
    const head = this.#head
    this.#head = ''
    return head
  }
}
