import { ChunkDecoder, type ChunkSink } from '../body/chunk-decoder.ts'
import { WholeBody } from '../body/whole-body.ts'
import { LastHead } from '../head/last-head.ts'
import { type Malformed, malformed } from '../head/malformed.ts'
import {
  findResponseHead,
  type KnownResponseHead,
  type ResponseHead,
  readResponseHead,
} from '../head/read-response-head.ts'
import { keepAnnounced } from '../head/trailer.ts'
import type { Trailers } from '../message.ts'
import { ClientError } from './client-error.ts'
import type { ClientLimits } from './client-limits.ts'

/** What comes of reading. After `onFailure` nothing more does. */
export interface ResponseEvents {
  onInterim(head: ResponseHead): void
  /** A 101 where it may come, with what came behind it. Nothing more is read. */
  onSwitch(head: ResponseHead, rest: Buffer): void
  /** The final head, when its content came whole in the same read, or there is none. */
  onWhole(head: ResponseHead, content: WholeBody | undefined, trailers: Trailers | undefined): void
  /** The final head, when its content streams. */
  onStream(head: ResponseHead, trailers: Trailers | undefined): void
  /** The bytes are valid during the call alone. */
  onContent(bytes: Uint8Array): void
  /** Bytes may follow all the same, and are then a failure. */
  onEnd(): void
  onFailure(error: ClientError): void
}

type ReaderLimits = Pick<
  ClientLimits,
  'maxHeadBytes' | 'maxFields' | 'maxInterimResponses' | 'maxTrailerBytes' | 'maxResponseBytes'
>

type State = 'idle' | 'head' | 'length' | 'chunked' | 'close' | 'broken'

const END_OF_HEAD = Buffer.from('\r\n\r\n')
const CR = 13
const LF = 10
/** What comes in one piece of that size is read from one text, the content too; of what is larger only the head is. */
const AT_ONCE_BYTES = 8_192
/** Nothing more is to be read of what came. */
const STOP = -1

/** Reads responses from the bytes of one connection, however they are cut. Strict: at the first oddity it stops for good. */
export class ResponseReader implements ChunkSink {
  readonly #limits: ReaderLimits
  readonly #events: ResponseEvents
  #state: State = 'idle'
  #method = ''
  #maySwitch = false
  #interim = 0
  readonly #last = new LastHead<KnownResponseHead>()
  /** The beginning of a head that came in pieces. */
  #part: Buffer | undefined
  #partLength = 0
  /** A final head of which nobody knows yet: its content may be whole in this read. */
  #fresh: ResponseHead | undefined
  #gathered: Buffer[] = []
  /** What is being read, where it is small. */
  #text = ''
  /** Of a content by length: what is still to come. */
  #left = 0
  #contentBytes = 0
  #chunks: ChunkDecoder | undefined

  constructor(limits: ReaderLimits, events: ResponseEvents) {
    this.#limits = limits
    this.#events = events
  }

  /** A request has gone out: its response is what comes next. */
  begin(method: string, maySwitch = false): void {
    this.#maySwitch = maySwitch
    this.#state = 'head'
    this.#method = method
    this.#interim = 0
    this.#contentBytes = 0
  }

  /** Whether nothing is under way and nothing has gone wrong. */
  get isIdle(): boolean {
    return this.#state === 'idle'
  }

  /** Takes what was read; its bytes are not kept. Bytes that nobody waits for are a failure (RFC 9112 §9.2). */
  read(bytes: Buffer): void {
    let at = 0
    while (at !== STOP && at < bytes.length) at = this.#step(bytes, at)
    this.#text = ''
    const head = this.#takeFresh()
    if (head !== undefined) this.#events.onStream(head, this.#trailersOf(head))
  }

  /** The connection has ended. */
  end(): void {
    const state = this.#state
    this.#state = 'broken'
    if (state === 'close') this.#events.onEnd()
    else if (state !== 'broken') this.#events.onFailure(new ClientError('closed-early'))
  }

  /** A piece of chunked content. */
  onContent(bytes: Buffer): void {
    this.#contentBytes += bytes.byteLength
    if (this.#state !== 'chunked' || this.#isTooLarge(this.#contentBytes)) return
    if (this.#fresh === undefined) this.#events.onContent(bytes)
    else this.#gathered.push(bytes)
  }

  #step(bytes: Buffer, at: number): number {
    switch (this.#state) {
      case 'head':
        return this.#readHead(bytes, at)
      case 'length':
        return this.#readLength(bytes, at)
      case 'chunked':
        return this.#readChunks(bytes, at)
      case 'close':
        return this.#readUntilClose(bytes, at)
      case 'idle':
        return this.#fail(new ClientError('malformed', { message: 'bytes that belong to no response' }))
      case 'broken':
        return STOP
    }
  }

  // Heads, the interim ones too.

  #readHead(bytes: Buffer, at: number): number {
    if (at > 0 || this.#part !== undefined) return this.#readHeadInSteps(bytes, at)
    return this.#readHeadAtOnce(bytes) ?? this.#readHeadInSteps(bytes, at)
  }

  /** Reads what nearly all heads are: whole in one piece, and nothing wrong with it. All else is for others to judge. */
  #readHeadAtOnce(bytes: Buffer): number | undefined {
    const { maxHeadBytes, maxFields } = this.#limits
    const text = bytes.toString('latin1', 0, Math.min(bytes.length, AT_ONCE_BYTES))
    const found = findResponseHead(bytes, text, this.#method, maxFields, this.#last)
    if (!('head' in found)) return undefined
    const { head, length } = found
    const end = length + 2
    const isWhole = end <= text.length && bytes[length] === CR && bytes[length + 1] === LF
    if (!isWhole || end > maxHeadBytes || head.status < 200) return undefined
    this.#text = text
    return this.#begin(head) ? end : STOP
  }

  #readHeadInSteps(bytes: Buffer, at: number): number {
    const { maxHeadBytes, maxFields } = this.#limits
    const before = this.#partLength
    const whole = this.#part === undefined ? from(bytes, at) : this.#append(this.#part, bytes, at)
    const found = whole.indexOf(END_OF_HEAD, Math.max(0, before - END_OF_HEAD.length + 1))
    const length = found + END_OF_HEAD.length
    if ((found < 0 ? whole.length + 1 : length) > maxHeadBytes)
      return this.#refuse(malformed(431, 'head-too-large'))
    if (found < 0) {
      // Another protocol may wait for us to speak, and would never come to the end of a head.
      if (!mayBecomeHead(whole)) return this.#refuse(malformed(400, 'bad-status-line'))
      if (this.#part === undefined) this.#append(Buffer.allocUnsafe(maxHeadBytes), bytes, at)
      return STOP
    }
    this.#part = undefined
    this.#partLength = 0
    // With the CRLF of the last line, without that of the empty one.
    const head = readResponseHead(whole, found + 2, this.#method, maxFields)
    if ('reason' in head) return this.#refuse(head)
    const next = at + length - before
    if (head.status === 101 && this.#maySwitch) {
      this.#state = 'broken'
      this.#events.onSwitch(head, bytes.subarray(next))
      return STOP
    }
    return this.#take(head) ? next : STOP
  }

  #append(part: Buffer, bytes: Buffer, at: number): Buffer {
    this.#part = part
    this.#partLength += bytes.copy(part, this.#partLength, at)
    return part.subarray(0, this.#partLength)
  }

  #take(head: ResponseHead): boolean {
    if (head.status === 101) return this.#fail(new ClientError('unasked-upgrade')) !== STOP
    if (head.status >= 200) return this.#begin(head)
    if (++this.#interim > this.#limits.maxInterimResponses) {
      return this.#refuse(malformed(431, 'head-too-large')) !== STOP
    }
    this.#events.onInterim(head)
    return true
  }

  #begin(head: ResponseHead): boolean {
    const { body } = head
    if (body.framing === 'none') {
      this.#state = 'idle'
      this.#events.onWhole(head, undefined, undefined)
      return true
    }
    if (body.framing === 'length' && this.#isTooLarge(body.length)) return false
    this.#fresh = head
    this.#state = body.framing
    this.#left = body.framing === 'length' ? body.length : 0
    this.#chunks = body.framing === 'chunked' ? new ChunkDecoder(this.#limits.maxTrailerBytes) : undefined
    return true
  }

  // Content.

  #readLength(bytes: Buffer, at: number): number {
    const until = Math.min(bytes.length, at + this.#left)
    const head = this.#takeFresh()
    this.#left -= until - at
    if (head !== undefined && this.#left === 0) {
      this.#state = 'idle'
      const isRead = until <= this.#text.length
      const content = isRead ? this.#text.slice(at, until) : bytes.subarray(at, until)
      this.#events.onWhole(head, new WholeBody(content), undefined)
      return until
    }
    if (head !== undefined) this.#events.onStream(head, this.#trailersOf(head))
    this.#events.onContent(bytes.subarray(at, until))
    if (this.#left === 0) this.#finish()
    return until
  }

  #readChunks(bytes: Buffer, at: number): number {
    const chunks = this.#chunks as ChunkDecoder
    const used = chunks.push(bytes.subarray(at), this)
    if (this.#state !== 'chunked') return STOP
    if (used < 0) return this.#refuse(malformed(400, 'bad-chunk'))
    const head = this.#takeFresh()
    if (head !== undefined) this.#deliver(head, chunks.isDone)
    else if (chunks.isDone) this.#finish()
    return at + used
  }

  /** Hands on what was gathered behind a fresh head. */
  #deliver(head: ResponseHead, isWhole: boolean): void {
    const pieces = this.#gathered
    this.#gathered = []
    if (isWhole) {
      this.#state = 'idle'
      const [first] = pieces
      const content = first && new WholeBody(pieces.length === 1 ? first : Buffer.concat(pieces))
      this.#events.onWhole(head, content, this.#trailersOf(head))
      return
    }
    this.#events.onStream(head, this.#trailersOf(head))
    for (const piece of pieces) this.#events.onContent(piece)
  }

  #trailersOf({ trailer }: ResponseHead): Trailers | undefined {
    const chunks = this.#chunks
    if (trailer === undefined || chunks === undefined) return undefined
    return () => keepAnnounced(chunks.trailers, trailer)
  }

  #readUntilClose(bytes: Buffer, at: number): number {
    const head = this.#takeFresh()
    if (head !== undefined) this.#events.onStream(head, this.#trailersOf(head))
    this.#contentBytes += bytes.length - at
    if (this.#isTooLarge(this.#contentBytes)) return STOP
    this.#events.onContent(bytes.subarray(at))
    return bytes.length
  }

  #takeFresh(): ResponseHead | undefined {
    const head = this.#fresh
    this.#fresh = undefined
    return head
  }

  #finish(): void {
    this.#state = 'idle'
    this.#events.onEnd()
  }

  #isTooLarge(bytes: number): boolean {
    const { maxResponseBytes } = this.#limits
    if (maxResponseBytes === undefined || bytes <= maxResponseBytes) return false
    this.#fail(new ClientError('response-too-large', { message: `more than ${maxResponseBytes} bytes` }))
    return true
  }

  #refuse(what: Malformed): typeof STOP {
    return this.#fail(new ClientError('malformed', { malformed: what }))
  }

  #fail(error: ClientError): typeof STOP {
    this.#state = 'broken'
    this.#fresh = undefined
    this.#gathered = []
    this.#events.onFailure(error)
    return STOP
  }
}

const START = Buffer.from('HTTP/1.')

/** Whether these bytes begin like a response whose lines end as they should. */
function mayBecomeHead(bytes: Buffer): boolean {
  const length = Math.min(bytes.length, START.length)
  if (bytes.compare(START, 0, length, 0, length) !== 0) return false
  const lineEnd = bytes.indexOf(LF)
  return lineEnd < 0 || bytes[lineEnd - 1] === CR
}

function from(bytes: Buffer, at: number): Buffer {
  return at === 0 ? bytes : bytes.subarray(at)
}
