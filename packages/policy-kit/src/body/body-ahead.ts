import type { Body } from '../message/reply.ts'

/**
 * A body whose beginning has been read ahead of the backend. Nothing is lost and nothing is read twice: what was read
 * is sent first, then the rest as it comes.
 */
export class BodyAhead {
  readonly #source: AsyncIterator<Uint8Array> | undefined
  #read: Uint8Array[] = []
  #ended: boolean

  /** Bytes read so far. */
  length = 0

  constructor(body: Body) {
    if (body instanceof Uint8Array) this.#keep(body)
    else this.#source = body[Symbol.asyncIterator]()
    this.#ended = this.#source === undefined
  }

  /** Whether that many bytes, or all that there are, have been read. */
  has(bytes: number): boolean {
    return this.#ended || this.length >= bytes
  }

  /** Reads until that many bytes are here or the body has ended; at most one chunk of the sender's more. */
  async fill(bytes: number): Promise<void> {
    while (!this.has(bytes)) {
      const next = await this.#source?.next()
      if (next === undefined || next.done === true) this.#ended = true
      else this.#keep(next.value)
    }
  }

  /** What has been read, in one piece. */
  bytes(): Uint8Array {
    if (this.#read.length !== 1) this.#read = [Buffer.concat(this.#read, this.length)]
    return this.#read[0] as Uint8Array
  }

  /** The whole body, for the backend. To be taken once. */
  body(): Body {
    return this.#ended ? this.bytes() : this.#stream()
  }

  #keep(chunk: Uint8Array): void {
    this.#read.push(chunk)
    this.length += chunk.byteLength
  }

  async *#stream(): AsyncGenerator<Uint8Array> {
    const source = this.#source as AsyncIterator<Uint8Array>
    try {
      yield* this.#read
      this.#read = []
      while (!this.#ended) {
        const next = await source.next()
        if (next.done === true) this.#ended = true
        else yield next.value
      }
    } finally {
      if (!this.#ended) await source.return?.()
    }
  }
}

/** Lets go of a body that nobody will read, so that whoever sends it can stop. */
export async function discardBody(body: Body | undefined): Promise<void> {
  if (body === undefined || body instanceof Uint8Array) return
  await body[Symbol.asyncIterator]().return?.()
}
