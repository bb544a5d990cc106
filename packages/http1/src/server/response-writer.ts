import { writeJoined } from '../body/copy-pool.ts'
import { abandonBody, type FlowingBody, flowing, inOnePiece } from '../body/iterable-body.ts'
import { type BodySink, StreamedBody } from '../body/streamed-body.ts'
import { type ComposedFields, composeFields } from '../head/compose-fields.ts'
import { hasNoBody } from '../head/read-response-head.ts'
import { statusLine } from '../head/status-line.ts'
import { announcedTrailers, composeTrailers } from '../head/trailer.ts'
import type { Response, Trailers } from '../message.ts'
import type { Outlet } from '../outlet.ts'
import { dateLine } from './http-date.ts'

/** Up to here head and body are copied into one buffer; above, copying costs more than it saves. */
const MAX_JOINED_BYTES = 16_384
/** A large body leaves in pieces, so that it can be seen whether any of it is taken. */
const PIECE_BYTES = 65_536

/** Who wants to know how a response gets on: it is written or broken in the end, maybe at once. */
export interface WriterOwner {
  /** The socket takes no more for now; `onRoom` is to be called when it does. */
  onFull(): void
  /** All of it is in the hands of the socket. */
  onWritten(): void
  /** It can't be completed, and what was sent of it must not look whole. */
  onBroken(error: Error): void
}

/** What the request, and our plans with the connection, say about how it is answered. */
export interface Answering {
  readonly isHead: boolean
  readonly minorVersion: 0 | 1
  readonly keepAlive: boolean
  /** Fields behind the body are taken. */
  readonly acceptsTrailers: boolean
}

const NOTHING = new Uint8Array()

// Lines begin with the CRLF that ends the one before.
const LENGTH = '\r\nContent-Length: '
const CHUNKED = '\r\nTransfer-Encoding: chunked'
const END = '\r\n\r\n'

type Framing = 'length' | 'chunked' | 'close'

/** Writes one response after the other, each at the pace of whoever reads it. */
export class ResponseWriter implements BodySink {
  readonly #outlet: Outlet
  readonly #owner: WriterOwner
  #isWriting = false
  #framing: Framing = 'close'
  /** Of a body with a length, what is still to be written. */
  #leftBytes = 0
  /** The head, while it waits for the first bytes of the body. */
  #head = ''
  #soon: NodeJS.Immediate | undefined
  #source: FlowingBody | undefined
  /** What follows the last chunk, and which of that was announced. */
  #trailers: Trailers | undefined
  #trailer: string | undefined
  /** What is left of a large body that was given in one piece. */
  #rest: Uint8Array | undefined

  constructor(outlet: Outlet, owner: WriterOwner) {
    this.#outlet = outlet
    this.#owner = owner
  }

  /** Writes a response. Throws, before anything was sent, when it has no place in HTTP. */
  start(response: Response, answering: Answering): void {
    const { status } = response
    const text = response.whole?.text
    if (status < 200) throw new RangeError(`${status} is no status of a final response`)
    const fields = composeFields(response.fields)
    const start = statusLine(status) + fields.text + (fields.hasDate ? '' : dateLine())
    const end = connectionLine(answering) + END
    this.#isWriting = true
    if (
      text !== undefined &&
      !answering.isHead &&
      !hasNoBody(status, 'GET') &&
      response.trailers === undefined
    ) {
      this.#writeLast(start + LENGTH + text.length + end + text)
      return
    }
    const { body } = response
    const whole = body instanceof StreamedBody ? body.takeWhole() : body
    if (answering.isHead || hasNoBody(status, 'GET')) {
      abandonBody(body)
      this.#writeLast(start + lengthWithoutBody(response, fields) + end)
    } else if (this.#announces(response, fields, answering)) {
      const names = announcedTrailers(fields.trailer).join(', ')
      this.#framing = 'chunked'
      this.#head = `${start}\r\nTrailer: ${names}${CHUNKED}${end}`
      const isThere = body === undefined || whole instanceof Uint8Array
      this.#startStream(
        isThere ? inOnePiece((whole as Uint8Array) ?? NOTHING) : (body as AsyncIterable<Uint8Array>),
      )
    } else if (body === undefined) this.#writeLast(`${start}${LENGTH}0${end}`)
    else if (whole instanceof Uint8Array) {
      this.#startWhole(start + LENGTH + whole.byteLength + end, whole)
    } else {
      this.#head = start + this.#frame(fields.declaredLength, answering.minorVersion) + end
      this.#startStream(body as AsyncIterable<Uint8Array>)
    }
  }

  /** Writes an interim response (RFC 9110 §15.2), which has fields and no body. Throws as `start` does. */
  inform(status: number, fields: readonly string[]): void {
    if (status < 100 || status > 199 || status === 101) throw new RangeError(`${status} is no interim status`)
    this.#outlet.write(statusLine(status) + composeFields(fields).text + END)
  }

  get isWriting(): boolean {
    return this.#isWriting
  }

  /** The socket has room again. */
  onRoom(): void {
    if (!this.#isWriting) return
    if (this.#rest !== undefined) this.#writePieces()
    else this.#source?.resume()
  }

  /** The response is given up: nobody will read the rest. */
  abandon(): void {
    if (this.#isWriting) this.#stop()?.abandon()
  }

  // The sink of a streaming body.

  write(bytes: Uint8Array): boolean {
    if (!this.#isWriting) return false
    const size = bytes.byteLength
    if (size === 0) return true
    if (this.#framing === 'length') {
      this.#leftBytes -= size
      if (this.#leftBytes < 0) return this.#break('more content than Content-Length declares')
    }
    const isChunked = this.#framing === 'chunked'
    const before = isChunked ? `${this.#takeHead()}${size.toString(16)}\r\n` : this.#takeHead()
    const hasRoom = writeJoined(this.#outlet, before, bytes, isChunked ? '\r\n' : '')
    if (!hasRoom) this.#owner.onFull()
    return hasRoom
  }

  end(): void {
    if (!this.#isWriting) return
    if (this.#framing === 'length' && this.#leftBytes > 0) {
      this.#break('less content than Content-Length declares')
      return
    }
    const last = this.#takeHead() + (this.#framing === 'chunked' ? `0\r\n${this.#takeTrailers()}\r\n` : '')
    this.#writeLast(last)
  }

  fail(error: Error): void {
    if (!this.#isWriting) return
    this.#stop()
    this.#owner.onBroken(error)
  }

  /** Fields behind the body need chunks, and somebody who takes them; who was not told of them may not find them. */
  #announces({ trailers }: Response, { trailer }: ComposedFields, answering: Answering): boolean {
    const isTaken = trailers !== undefined && trailer !== undefined && answering.acceptsTrailers
    if (!isTaken || announcedTrailers(trailer).length === 0) return false
    this.#trailers = trailers
    this.#trailer = trailer
    return true
  }

  #takeTrailers(): string {
    const lines = this.#trailers === undefined ? '' : composeTrailers(this.#trailers(), this.#trailer)
    this.#trailers = undefined
    return lines
  }

  #startWhole(head: string, body: Uint8Array): void {
    if (body.byteLength <= MAX_JOINED_BYTES) {
      writeJoined(this.#outlet, head, body, '')
      this.#finish()
      return
    }
    this.#rest = body
    this.#outlet.together(() => {
      this.#outlet.write(head)
      this.#writePieces()
    })
  }

  #writePieces(): void {
    while (this.#rest !== undefined) {
      const piece = this.#rest.subarray(0, PIECE_BYTES)
      this.#rest = piece.byteLength === this.#rest.byteLength ? undefined : this.#rest.subarray(PIECE_BYTES)
      if (!this.#outlet.write(piece) && this.#rest !== undefined) return
    }
    this.#finish()
  }

  /** How the end of a streaming body will be known, and the field that says so. */
  #frame(declaredLength: number | undefined, minorVersion: 0 | 1): string {
    if (declaredLength !== undefined) {
      this.#framing = 'length'
      this.#leftBytes = declaredLength
      return LENGTH + declaredLength
    }
    this.#framing = minorVersion === 1 ? 'chunked' : 'close'
    return minorVersion === 1 ? CHUNKED : ''
  }

  #startStream(body: AsyncIterable<Uint8Array>): void {
    const source = flowing(body)
    this.#source = source
    source.flowTo(this)
    if (this.#source !== source || this.#head === '') return
    // Whoever pushes may be about to, with what came behind the head; an iteration gets its chance to yield in this turn.
    if (body instanceof StreamedBody) queueMicrotask(() => this.#writeHead())
    else this.#soon = setImmediate(() => this.#writeHead())
  }

  #writeHead(): void {
    const head = this.#takeHead()
    if (head !== '') this.#outlet.write(head)
  }

  #takeHead(): string {
    const head = this.#head
    if (head === '') return head
    this.#head = ''
    clearImmediate(this.#soon)
    this.#soon = undefined
    return head
  }

  #writeLast(text: string): void {
    if (text !== '') this.#outlet.write(text)
    this.#finish()
  }

  #finish(): void {
    this.#stop()
    this.#owner.onWritten()
  }

  #break(message: string): false {
    this.#stop()?.abandon()
    this.#owner.onBroken(new Error(message))
    return false
  }

  #stop(): FlowingBody | undefined {
    const source = this.#source
    this.#isWriting = false
    this.#source = undefined
    this.#rest = undefined
    this.#trailers = undefined
    this.#takeHead()
    return source
  }
}

function connectionLine({ keepAlive, minorVersion }: Answering): string {
  if (!keepAlive) return '\r\nConnection: close'
  return minorVersion === 1 ? '' : '\r\nConnection: keep-alive'
}

/** The length that a body would have had (RFC 9110 §8.6); with 1xx and 204 there must be none. */
function lengthWithoutBody({ status, body }: Response, { declaredLength }: ComposedFields): string {
  if (status < 200 || status === 204) return ''
  const length = body instanceof Uint8Array ? body.byteLength : declaredLength
  return length === undefined ? '' : LENGTH + length
}
