import type { Http2Stream } from 'node:http2'

/** Who is told how a body gets on. */
export interface BodyOwner {
  /** Somebody wants the body. */
  onTaken(): void
  /** Content that has come; an error ends the body there. */
  onContent(bytes: number): Error | undefined
  /** All of it has come; an error says that it is not what was announced. */
  onComplete(): Error | undefined
  /** Nobody wants the rest. */
  onAbandoned(): void
}

/**
 * The content that comes on a stream, piece by piece. What nobody takes yet waits in the stream, up to its window, and
 * then with the sender (RFC 9113 §5.2).
 */
export class IncomingBody implements AsyncIterable<Uint8Array>, AsyncIterator<Uint8Array> {
  readonly #stream: Http2Stream
  readonly #owner: BodyOwner
  #reader: PromiseWithResolvers<IteratorResult<Uint8Array>> | undefined
  #isTaken = false
  #state: 'open' | 'ended' | 'failed' = 'open'
  #failure: Error | undefined

  constructor(stream: Http2Stream, owner: BodyOwner) {
    this.#stream = stream
    this.#owner = owner
    stream.on('readable', () => this.#serve())
    stream.on('end', () => this.#complete())
  }

  get isOver(): boolean {
    return this.#state !== 'open'
  }

  /** Whether more can come: what has come is not so much that the sender has to wait. */
  get isReady(): boolean {
    return this.#stream.readableLength < this.#stream.readableHighWaterMark
  }

  /** The rest will never come. */
  fail(error: Error): void {
    if (this.#state !== 'open') return
    this.#state = 'failed'
    this.#failure = error
    this.#reader?.reject(error)
    this.#reader = undefined
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    if (!this.#isTaken) {
      this.#isTaken = true
      this.#owner.onTaken()
    }
    return this
  }

  next(): Promise<IteratorResult<Uint8Array>> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    if (this.#state === 'ended') return Promise.resolve({ done: true, value: undefined })
    this.#reader = Promise.withResolvers()
    const { promise } = this.#reader
    this.#serve()
    return promise
  }

  return(): Promise<IteratorResult<Uint8Array>> {
    if (this.#state === 'open') {
      this.fail(new Error('the body was given up'))
      this.#owner.onAbandoned()
    }
    return Promise.resolve({ done: true, value: undefined })
  }

  /** Hands what has come to whoever waits; without a waiting reader it stays where it is. */
  #serve(): void {
    if (this.#state !== 'open' || this.#reader === undefined) return
    const piece: Buffer | null = this.#stream.read()
    if (piece === null) return
    const error = this.#owner.onContent(piece.byteLength)
    if (error !== undefined) {
      this.fail(error)
      return
    }
    const reader = this.#reader
    this.#reader = undefined
    reader.resolve({ done: false, value: piece })
  }

  #complete(): void {
    // A stream that is reset ends too, as if all had come; what follows says why.
    if (this.#state !== 'open' || this.#stream.aborted || this.#stream.rstCode !== 0) return
    const error = this.#owner.onComplete()
    if (error !== undefined) {
      this.fail(error)
      return
    }
    this.#state = 'ended'
    this.#reader?.resolve({ done: true, value: undefined })
    this.#reader = undefined
  }
}
