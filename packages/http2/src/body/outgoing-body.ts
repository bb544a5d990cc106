import type { Http2Stream } from 'node:http2'
import type { Body } from '../message.ts'

/** A large body leaves in pieces, so that it can be seen whether any of it is taken. */
const PIECE_BYTES = 65_536

/** Who is told how sending gets on. */
export interface SendingOwner {
  /** The other side takes no more for now, or does again. */
  onFull(isFull: boolean): void
  /** All of it is in the hands of the stream. */
  onSent(): void
  /** Whoever makes the body broke off, or made another length than was announced. */
  onSendingFailed(cause: Error): void
}

/** Sends a body on a stream, no faster than the other side takes it. */
export class OutgoingBody {
  readonly #stream: Http2Stream
  readonly #owner: SendingOwner
  readonly #length: number | undefined
  #sentBytes = 0
  #isOver = false
  #iterator: AsyncIterator<Uint8Array> | undefined
  #wake: (() => void) | undefined

  /** With a length the body is held to it. */
  constructor(stream: Http2Stream, owner: SendingOwner, length: number | undefined) {
    this.#stream = stream
    this.#owner = owner
    this.#length = length
    stream.on('drain', () => this.#resume())
  }

  start(body: Body): void {
    const pieces = body instanceof Uint8Array ? piecesOf(body) : body
    this.#send(pieces).catch((thrown: unknown) => {
      if (this.#isOver) return
      this.stop()
      this.#owner.onSendingFailed(thrown instanceof Error ? thrown : new Error(String(thrown)))
    })
  }

  /** Nobody takes the rest: whoever makes it may stop. */
  stop(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#resume()
    // What the iteration has to say to that is nobody's concern any more.
    this.#iterator?.return?.().then(undefined, () => undefined)
  }

  async #send(body: AsyncIterable<Uint8Array>): Promise<void> {
    const iterator = body[Symbol.asyncIterator]()
    this.#iterator = iterator
    for (;;) {
      const next = await iterator.next()
      if (this.#isOver) return
      if (next.done === true) break
      this.#sentBytes += next.value.byteLength
      if (this.#length !== undefined && this.#sentBytes > this.#length) {
        throw new Error('more content than Content-Length declares')
      }
      if (next.value.byteLength > 0 && !this.#stream.write(next.value)) await this.#room()
      if (this.#isOver) return
    }
    if (this.#length !== undefined && this.#sentBytes < this.#length) {
      throw new Error('less content than Content-Length declares')
    }
    this.#isOver = true
    this.#stream.end()
    this.#owner.onSent()
  }

  #room(): Promise<void> {
    this.#owner.onFull(true)
    return new Promise((resolve) => {
      this.#wake = resolve
    })
  }

  #resume(): void {
    if (this.#wake === undefined) return
    if (!this.#isOver) this.#owner.onFull(false)
    this.#wake()
    this.#wake = undefined
  }
}

async function* piecesOf(body: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < body.byteLength; at += PIECE_BYTES) yield body.subarray(at, at + PIECE_BYTES)
}

/** Lets go of a body that nobody will read. */
export function abandonBody(body: Body | undefined): void {
  if (body === undefined || body instanceof Uint8Array) return
  body[Symbol.asyncIterator]()
    .return?.()
    .then(undefined, () => undefined)
}
