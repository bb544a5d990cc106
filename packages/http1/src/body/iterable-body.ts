import type { Body } from '../message.ts'
import { type BodySink, StreamedBody } from './streamed-body.ts'

/** A body that flows into a sink; a `StreamedBody` is one by itself. */
export interface FlowingBody {
  flowTo(sink: BodySink): void
  resume(): void
  abandon(): void
}

/** Any streaming body as one that flows. */
export function flowing(body: AsyncIterable<Uint8Array>): FlowingBody {
  return body instanceof StreamedBody ? body : new IterableBody(body)
}

/** Lets go of a body that nobody will read. */
export function abandonBody(body: Body | undefined): void {
  if (body !== undefined && !(body instanceof Uint8Array)) flowing(body).abandon()
}

/** A body that is all there, as one that streams. */
export async function* inOnePiece(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  if (bytes.byteLength > 0) yield bytes
}

/** Hands on what an iteration yields, one piece after the other, as fast as the sink has room. */
class IterableBody implements FlowingBody {
  readonly #iterator: AsyncIterator<Uint8Array>
  #isAbandoned = false
  #hasRoom = true
  #wake: (() => void) | undefined

  constructor(body: AsyncIterable<Uint8Array>) {
    this.#iterator = body[Symbol.asyncIterator]()
  }

  flowTo(sink: BodySink): void {
    this.#flow(sink).catch((error: unknown) => {
      if (!this.#isAbandoned) sink.fail(error instanceof Error ? error : new Error(String(error)))
    })
  }

  resume(): void {
    this.#hasRoom = true
    this.#wake?.()
    this.#wake = undefined
  }

  abandon(): void {
    if (this.#isAbandoned) return
    this.#isAbandoned = true
    this.resume()
    // What the iteration has to say to that is nobody's concern any more.
    this.#iterator.return?.().then(undefined, () => undefined)
  }

  async #flow(sink: BodySink): Promise<void> {
    while (!this.#isAbandoned) {
      const next = await this.#iterator.next()
      if (this.#isAbandoned) return
      if (next.done === true) return sink.end()
      this.#hasRoom = sink.write(next.value)
      // The sink may have given up, or got room, within that call.
      if (!this.#hasRoom && !this.#isAbandoned) await this.#room()
    }
  }

  #room(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve
    })
  }
}
