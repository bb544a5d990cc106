import { giveBack, lentCopy, ownCopy } from './copy-pool.ts'

/** Whoever makes a body, as the body sees it. */
export interface BodySource {
  /** Somebody wants the body; called once, when it begins to be taken. */
  begin?(): void
  /** No more for now. What has been read already may still be pushed. */
  pause(): void
  resume(): void
  /** Nobody wants the rest. */
  abandon(): void
}

/** Where a body flows to. */
export interface BodySink {
  /** The bytes are valid during the call alone. False asks for no more until the body is resumed. */
  write(bytes: Uint8Array): boolean
  /** The body is complete. */
  end(): void
  /** The body will never be complete. */
  fail(error: Error): void
}

interface Reader {
  resolve(result: IteratorResult<Uint8Array>): void
  reject(error: Error): void
}

/** How much may wait before the source is paused. */
const HIGH_WATER_BYTES = 65_536

type State = 'open' | 'ended' | 'failed' | 'given-up'

/**
 * A body between somebody who pushes and somebody who takes, in one of two ways: a sink gets every piece in the call
 * that brought it, with no copy and no promise between; an iteration gets copies, of which a bounded number wait.
 */
export class StreamedBody implements AsyncIterable<Uint8Array>, AsyncIterator<Uint8Array> {
  readonly #source: BodySource
  #sink: BodySink | undefined
  #reader: Reader | undefined
  #waiting: Buffer[] = []
  #waitingBytes = 0
  #isTaken = false
  #isPaused = false
  /** The sink asked for a pause. */
  #isFull = false
  #state: State = 'open'
  #failure: Error | undefined
  #over: (() => void) | undefined

  constructor(source: BodySource) {
    this.#source = source
  }

  // The side of whoever makes the body.

  /** The next piece. Its bytes may be overwritten afterwards. */
  push(bytes: Uint8Array): void {
    if (this.#state !== 'open') return
    if (this.#sink !== undefined && !this.#isFull) {
      this.#isFull = !this.#sink.write(bytes)
      if (this.#isFull) this.#pause()
      return
    }
    const reader = this.#reader
    if (reader !== undefined) {
      this.#reader = undefined
      reader.resolve({ done: false, value: ownCopy(bytes) })
      return
    }
    // A lent buffer may be larger than what is in it: no more than one waits.
    this.#waiting.push(this.#waiting.length === 0 ? lentCopy(bytes) : ownCopy(bytes))
    this.#waitingBytes += bytes.byteLength
    if (this.#waitingBytes > HIGH_WATER_BYTES) this.#pause()
  }

  /** Nothing more will come. */
  end(): void {
    if (this.#state !== 'open') return
    this.#state = 'ended'
    this.#reader?.resolve({ done: true, value: undefined })
    this.#reader = undefined
    if (this.#waiting.length === 0) this.#finish()
    this.#over?.()
  }

  /** The rest will never come. What waits for a sink is not delivered either: it could not be used. */
  fail(error: Error): void {
    if (this.#state !== 'open') return
    this.#state = 'failed'
    this.#failure = error
    this.#waiting = []
    this.#reader?.reject(error)
    this.#reader = undefined
    this.#sink?.fail(error)
    this.#over?.()
  }

  // The side of whoever takes it, once.

  /** Whether the body has begun to be taken. */
  get isRead(): boolean {
    return this.#isTaken
  }

  /** All of it in one piece, when it has ended before anybody began to take it. */
  takeWhole(): Uint8Array | undefined {
    if (this.#isTaken || this.#state !== 'ended') return undefined
    this.#isTaken = true
    const waiting = this.#waiting
    this.#waiting = []
    return waiting.length === 1 ? waiting[0] : Buffer.concat(waiting)
  }

  /** Gives every piece to the sink, beginning at once with what is here. */
  flowTo(sink: BodySink): void {
    this.#take()
    this.#sink = sink
    if (this.#failure !== undefined) sink.fail(this.#failure)
    else this.#flow(sink)
  }

  /** The sink has room again. */
  resume(): void {
    this.#isFull = false
    if (this.#sink !== undefined) this.#flow(this.#sink)
    else this.#continue()
  }

  /** The rest is not wanted. The sink hears nothing more. */
  abandon(): void {
    this.#waiting = []
    if (this.#state !== 'open') return
    this.#state = 'given-up'
    this.#failure = new Error('the body was given up')
    this.#source.abandon()
    this.#over?.()
  }

  /** Tells, once, when nothing more comes from the source, because it has ended, failed or been given up. */
  whenOver(tell: () => void): void {
    if (this.#state !== 'open') {
      tell()
      return
    }
    const before = this.#over
    this.#over = () => {
      before?.()
      tell()
    }
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    if (!this.#isTaken && this.#state === 'open') this.#take()
    this.#isTaken = true
    return this
  }

  next(): Promise<IteratorResult<Uint8Array>> {
    const piece = this.#waiting.shift()
    if (piece !== undefined) {
      this.#waitingBytes -= piece.byteLength
      if (this.#waiting.length === 0) this.#continue()
      return Promise.resolve({ done: false, value: piece })
    }
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    if (this.#state === 'ended') return Promise.resolve({ done: true, value: undefined })
    return new Promise((resolve, reject) => {
      this.#reader = { resolve, reject }
    })
  }

  return(): Promise<IteratorResult<Uint8Array>> {
    this.abandon()
    return Promise.resolve({ done: true, value: undefined })
  }

  #flow(sink: BodySink): void {
    while (this.#waiting.length > 0 && !this.#isFull) {
      const piece = this.#waiting.shift() as Buffer
      this.#waitingBytes -= piece.byteLength
      this.#isFull = !sink.write(piece)
      giveBack(piece)
    }
    if (this.#isFull) this.#pause()
    else if (this.#state === 'ended') this.#finish()
    else this.#continue()
  }

  #finish(): void {
    const sink = this.#sink
    this.#sink = undefined
    sink?.end()
  }

  #take(): void {
    if (this.#isTaken) throw new Error('a body is taken once')
    this.#isTaken = true
    this.#source.begin?.()
  }

  #pause(): void {
    if (this.#isPaused || this.#state !== 'open') return
    this.#isPaused = true
    this.#source.pause()
  }

  #continue(): void {
    if (!this.#isPaused || this.#state !== 'open') return
    this.#isPaused = false
    this.#source.resume()
  }
}
