import { ChunkDecoder, type ChunkSink } from '../body/chunk-decoder.ts'
import type { Framing } from '../body/framing.ts'
import { type BodySource, StreamedBody } from '../body/streamed-body.ts'
import { type Malformed, malformed } from '../head/malformed.ts'
import type { ServerLimits } from './server-limit.ts'

const NONE: readonly string[] = []

type BodyLimits = Pick<ServerLimits, 'maxBodyBytes' | 'maxTrailerBytes'>

/** The body of a request on its way from the socket: tells its bytes from what follows, and hands the content on. */
export class IncomingBody implements ChunkSink {
  /** Content that has come. */
  receivedBytes = 0
  isDone = false
  readonly #maxBytes: number
  /** Of a body with a length, what is still to come. */
  #leftBytes: number
  readonly #decoder: ChunkDecoder | undefined
  /** What has come before anybody could read it, lent until `open`. */
  #pieces: Uint8Array[] = []
  #stream: StreamedBody | undefined
  #isDropped = false

  constructor(framing: Framing, { maxBodyBytes, maxTrailerBytes }: BodyLimits) {
    this.#maxBytes = maxBodyBytes ?? Number.POSITIVE_INFINITY
    this.#leftBytes = framing.framing === 'length' ? framing.length : 0
    this.#decoder = framing.framing === 'chunked' ? new ChunkDecoder(maxTrailerBytes) : undefined
  }

  /** Whether more was announced than a body may have. */
  get isTooLarge(): boolean {
    return this.#leftBytes > this.#maxBytes
  }

  /** What is still to come, as far as that is known. */
  get remainingBytes(): number {
    if (this.isDone) return 0
    return this.#decoder === undefined ? this.#leftBytes : Number.POSITIVE_INFINITY
  }

  /** What came behind the content; nothing before that is done. */
  get trailers(): readonly string[] {
    return this.#decoder?.trailers ?? NONE
  }

  /** Takes what belongs to the body: how many of these bytes, which are not kept, or what is wrong with them. */
  feed(bytes: Buffer): number | Malformed {
    if (this.#decoder === undefined) return this.#feedLength(bytes)
    const taken = this.#decoder.push(bytes, this)
    if (taken < 0) return malformed(400, 'bad-chunk')
    if (this.receivedBytes > this.#maxBytes) return malformed(413, 'body-too-large')
    if (this.#decoder.isDone) this.#end()
    return taken
  }

  #feedLength(bytes: Uint8Array): number {
    const taken = Math.min(bytes.byteLength, this.#leftBytes)
    this.#leftBytes -= taken
    if (taken > 0) this.onContent(taken === bytes.byteLength ? bytes : bytes.subarray(0, taken))
    if (this.#leftBytes === 0) this.#end()
    return taken
  }

  onContent(bytes: Uint8Array): void {
    this.receivedBytes += bytes.byteLength
    if (this.#isDropped || this.receivedBytes > this.#maxBytes) return
    if (this.#stream !== undefined) this.#stream.push(bytes)
    else this.#pieces.push(bytes)
  }

  /** The content for whoever reads it, in one piece if all of it is here. To be called once, with what was fed still there. */
  open(source: BodySource): Uint8Array | StreamedBody {
    const pieces = this.#pieces
    this.#pieces = []
    if (this.isDone) return Buffer.concat(pieces)
    const stream = new StreamedBody(source)
    this.#stream = stream
    for (const piece of pieces) stream.push(piece)
    return stream
  }

  /** The rest is counted and thrown away. */
  drop(): void {
    this.#isDropped = true
  }

  fail(error: Error): void {
    this.#isDropped = true
    this.#stream?.fail(error)
  }

  #end(): void {
    this.isDone = true
    this.#stream?.end()
  }
}
