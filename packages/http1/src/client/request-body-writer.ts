import { type FlowingBody, flowing } from '../body/iterable-body.ts'
import type { BodySink } from '../body/streamed-body.ts'
import { ClientError } from './client-error.ts'

/** What comes of sending a body. After one of the two last there is nothing more. */
export interface SendingEvents {
  /** Writes a piece between two texts; its bytes are not ours to keep. False when they have to wait. */
  send(before: string, bytes: Uint8Array, after: string): boolean
  onSent(): void
  onSendingFailed(error: ClientError): void
}

const NOTHING = new Uint8Array()

/**
 * Sends a streaming body behind its head, no faster than the server takes it: by length, to which it is held exactly,
 * or in chunks (RFC 9112 §7.1). The head leaves with the first piece where there is one at once.
 */
export class RequestBodyWriter implements BodySink {
  readonly #events: SendingEvents
  readonly #length: number | undefined
  readonly #behind: () => string
  #head: string
  #sentBytes = 0
  #isOver = false
  #body: FlowingBody | undefined

  /** `behind` are the lines that follow the last chunk, asked for when that is written. */
  constructor(events: SendingEvents, head: string, length: number | undefined, behind: () => string) {
    this.#events = events
    this.#head = head
    this.#length = length
    this.#behind = behind
  }

  start(body: AsyncIterable<Uint8Array>): void {
    this.#body = flowing(body)
    this.#body.flowTo(this)
    const head = this.#takeHead()
    if (head !== '' && !this.#isOver) this.#events.send(head, NOTHING, '')
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
    if (this.#length !== undefined) return this.#events.send(this.#takeHead(), bytes, '')
    return this.#events.send(`${this.#takeHead()}${bytes.byteLength.toString(16)}\r\n`, bytes, '\r\n')
  }

  end(): void {
    if (this.#isOver) return
    if (this.#length !== undefined && this.#sentBytes < this.#length) {
      this.fail(new Error('the body is shorter than its Content-Length'))
      return
    }
    this.#isOver = true
    const rest = this.#takeHead() + (this.#length === undefined ? `0\r\n${this.#behind()}\r\n` : '')
    if (rest !== '') this.#events.send(rest, NOTHING, '')
    this.#events.onSent()
  }

  fail(error: Error): void {
    if (this.#isOver) return
    this.stop()
    this.#events.onSendingFailed(new ClientError('request-body-failed', { cause: error }))
  }

  #takeHead(): string {
    const head = this.#head
    this.#head = ''
    return head
  }
}
