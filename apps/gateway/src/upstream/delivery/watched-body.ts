import { StreamedBody } from '@portcullis/http1/body/streamed-body'

/** The body; tells once when nothing more comes of it. Our own bodies tell by themselves and stay as cheap as they are. */
export function watchBody(body: AsyncIterable<Uint8Array>, over: () => void): AsyncIterable<Uint8Array> {
  if (!(body instanceof StreamedBody)) return new WatchedBody(body, over)
  body.whenOver(over)
  return body
}

/** Any other body: read to its end, broken or given up. */
class WatchedBody implements AsyncIterable<Uint8Array>, AsyncIterator<Uint8Array> {
  readonly #body: AsyncIterable<Uint8Array>
  readonly #ended: () => void
  #source: AsyncIterator<Uint8Array> | undefined

  constructor(body: AsyncIterable<Uint8Array>, ended: () => void) {
    this.#body = body
    this.#ended = ended
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    this.#source ??= this.#body[Symbol.asyncIterator]()
    return this
  }

  async next(): Promise<IteratorResult<Uint8Array>> {
    try {
      const next = await this.#opened().next()
      if (next.done === true) this.#ended()
      return next
    } catch (thrown) {
      this.#ended()
      throw thrown
    }
  }

  async return(): Promise<IteratorResult<Uint8Array>> {
    this.#ended()
    await this.#opened().return?.()
    return { done: true, value: undefined }
  }

  #opened(): AsyncIterator<Uint8Array> {
    this.#source ??= this.#body[Symbol.asyncIterator]()
    return this.#source
  }
}
