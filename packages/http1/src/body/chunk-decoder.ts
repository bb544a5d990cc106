import { type Fields, readFieldLines } from '../head/field-line.ts'
import { gatherFramingFields } from './framing.ts'

/** The longest line of a chunk's size: 8 hexadecimal digits and CRLF. Extensions (RFC 9112 §7.1.1) are refused. */
const MAX_SIZE_DIGITS = 8
const CR = 13
const LF = 10

const NOTHING = Buffer.alloc(0)
const FIRST_TRAILER_BYTES = 256

/** What the decoder hands on. */
export interface ChunkSink {
  /** Bytes of the content; valid during the call alone. */
  onContent(bytes: Buffer): void
}

type State =
  | 'size'
  | 'size-lf'
  | 'content'
  | 'content-cr'
  | 'content-lf'
  | 'trailer'
  | 'trailer-line'
  | 'trailer-lf'
  | 'last-lf'
  | 'done'
  | 'bad'

/**
 * Decodes a chunked body (RFC 9112 §7.1) as it comes, however it is cut. Strict where others are lenient, because
 * lenience is what smuggling is made of: sizes are 1 to 8 hexadecimal digits and nothing else, every line ends with
 * CRLF, extensions are refused. Trailer fields are read as strictly as others, within a limit.
 */
export class ChunkDecoder {
  #state: State = 'size'
  #size = 0
  #digits = 0
  /** What has come of them. A text that grows byte by byte would hold thirty times as much. */
  #trailers = NOTHING
  #trailerBytes = 0
  #fields: Fields = []
  readonly #maxTrailerBytes: number

  constructor(maxTrailerBytes: number) {
    this.#maxTrailerBytes = maxTrailerBytes
  }

  get isDone(): boolean {
    return this.#state === 'done'
  }

  /** What came behind the last chunk; nothing before the body is done. */
  get trailers(): readonly string[] {
    return this.#fields
  }

  /** How many bytes of the input belong to the body, or -1 when it is malformed. Fewer than given only at the end. */
  push(bytes: Buffer, sink: ChunkSink): number {
    let at = 0
    while (at < bytes.length && this.#state !== 'done') {
      if (this.#state === 'content') {
        const until = Math.min(bytes.length, at + this.#size)
        sink.onContent(bytes.subarray(at, until))
        this.#size -= until - at
        at = until
        if (this.#size === 0) this.#state = 'content-cr'
      } else {
        this.#state = this.#next(bytes[at++] as number)
        if (this.#state === 'bad') return -1
      }
    }
    return at
  }

  #next(byte: number): State {
    switch (this.#state) {
      case 'size':
        return this.#sizeByte(byte)
      case 'size-lf':
        if (byte !== LF) return 'bad'
        this.#digits = 0
        return this.#size === 0 ? 'trailer' : 'content'
      case 'content-cr':
        return byte === CR ? 'content-lf' : 'bad'
      case 'content-lf':
        return byte === LF ? 'size' : 'bad'
      case 'trailer':
        return byte === CR ? 'last-lf' : this.#trailerByte(byte)
      case 'trailer-line':
        return byte === CR ? 'trailer-lf' : this.#trailerByte(byte)
      case 'trailer-lf':
        if (byte !== LF) return 'bad'
        this.#keep(CR)
        this.#keep(LF)
        return 'trailer'
      case 'last-lf':
        return byte === LF && this.#readTrailers() ? 'done' : 'bad'
      default:
        return 'bad'
    }
  }

  #sizeByte(byte: number): State {
    if (byte === CR) return this.#digits > 0 ? 'size-lf' : 'bad'
    const digit = hexadecimal(byte)
    if (digit < 0 || this.#digits === MAX_SIZE_DIGITS) return 'bad'
    this.#size = (this.#digits === 0 ? 0 : this.#size) * 16 + digit
    this.#digits++
    return 'size'
  }

  #trailerByte(byte: number): State {
    const isText = byte === 9 || (byte >= 32 && byte !== 127)
    if (!isText || this.#trailerBytes >= this.#maxTrailerBytes) return 'bad'
    this.#keep(byte)
    return 'trailer-line'
  }

  #keep(byte: number): void {
    if (this.#trailerBytes === this.#trailers.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(FIRST_TRAILER_BYTES, this.#trailers.length * 2))
      this.#trailers.copy(larger)
      this.#trailers = larger
    }
    this.#trailers[this.#trailerBytes++] = byte
  }

  /** Fields, and none that would have a say in framing or routing (RFC 9110 §6.5.1). */
  #readTrailers(): boolean {
    if (this.#trailerBytes === 0) return true
    const bytes = this.#trailers.subarray(0, this.#trailerBytes)
    const lines = bytes.toString('latin1')
    const fields: Fields = []
    const end = readFieldLines(bytes, lines, 0, lines.length, fields)
    this.#trailers = NOTHING
    if (end !== lines.length) return false
    const { contentLength, transferEncoding, connection, host } = gatherFramingFields(fields)
    this.#fields = fields
    return [contentLength, transferEncoding, connection, host].every((each) => each === undefined)
  }
}

function hexadecimal(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48
  const lower = byte | 32
  return lower >= 97 && lower <= 102 ? lower - 87 : -1
}
