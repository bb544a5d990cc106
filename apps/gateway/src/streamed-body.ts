/** The sender's side of a body. */
export interface Source {
  pause(): void
  resume(): void
  /** Nobody wants the rest. */
  abandon(): void
}

const HIGH_WATER_BYTES = 65_536

/**
 * A body between somebody who pushes and somebody who pulls: a few chunks may wait, then the sender is paused until
 * they are taken.
 */
export class StreamedBody implements AsyncIterable<Uint8Array>, AsyncIterator<Uint8Array> {
  readonly #source: Source
  #waiting: Uint8Array[] = []
  #waitingBytes = 0
  #paused = false
  #ended = false
  #failure: Error | undefined
  #taken = false
  #reader: { resolve(result: IteratorResult<Uint8Array>): void; reject(error: Error): void } | undefined

  constructor(source: Source) {
    this.#source = source
  }

  push(chunk: Uint8Array): void {
    const reader = this.#reader
    if (reader !== undefined) {
      this.#reader = undefined
      reader.resolve({ done: false, value: chunk })
      return
    }
    this.#waiting.push(chunk)
    this.#waitingBytes += chunk.byteLength
    if (this.#waitingBytes > HIGH_WATER_BYTES && !this.#paused) {
      this.#paused = true
      this.#source.pause()
    }
  }

  /** Nothing more will come. Gives back the body in one piece if nobody has begun to read it. */
  end(): Uint8Array | undefined {
    this.#ended = true
    this.#reader?.resolve({ done: true, value: undefined })
    this.#reader = undefined
    if (this.#taken) return undefined
    return this.#waiting.length === 1 ? this.#waiting[0] : Buffer.concat(this.#waiting)
  }

  fail(error: Error): void {
    this.#failure = error
    this.#reader?.reject(error)
    this.#reader = undefined
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    this.#taken = true
    return this
  }

  next(): Promise<IteratorResult<Uint8Array>> {
    const chunk = this.#waiting.shift()
    if (chunk !== undefined) {
      this.#waitingBytes -= chunk.byteLength
      if (this.#paused && this.#waiting.length === 0) {
        this.#paused = false
        this.#source.resume()
      }
      return Promise.resolve({ done: false, value: chunk })
    }
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    if (this.#ended) return Promise.resolve({ done: true, value: undefined })
    return new Promise((resolve, reject) => {
      this.#reader = { resolve, reject }
    })
  }

  return(): Promise<IteratorResult<Uint8Array>> {
    this.#waiting = []
    if (!this.#ended && this.#failure === undefined) this.#source.abandon()
    return Promise.resolve({ done: true, value: undefined })
  }
}
