import { type ClientHttp2Stream, constants } from 'node:http2'
import { type BodyOwner, IncomingBody } from '../body/incoming-body.ts'
import { OutgoingBody, type SendingOwner } from '../body/outgoing-body.ts'
import { composeFields, composeTrailers, isField, readTrailers } from '../head/field.ts'
import type { LookClock } from '../look-clock.ts'
import type { ClientRequest, ClientTimeouts, Response } from '../message.ts'
import { ClientError, type ClientReason } from './client-error.ts'
import type { ClientLimits } from './client-limits.ts'
import { readResponseHead } from './read-response-head.ts'
import type { Session } from './session.ts'

const NEVER = Number.POSITIVE_INFINITY
const NONE: readonly string[] = []
const { NGHTTP2_REFUSED_STREAM, NGHTTP2_CANCEL, NGHTTP2_NO_ERROR } = constants
const TARGET = /^[!-~]+$/
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/

/** Who has it now: what waits for a stream, or the session that carries it. */
export interface TransferOwner {
  onOver(transfer: Transfer): void
  /** The server certainly did nothing with it. */
  onRefused(transfer: Transfer): void
}

/** One request on its way, and the promise of its response. */
export class Transfer implements BodyOwner, SendingOwner {
  readonly request: ClientRequest
  readonly promise: Promise<Response>
  readonly #head: string[]
  readonly #limits: ClientLimits
  readonly #clock: LookClock
  readonly #owner: TransferOwner
  readonly #resolve: (response: Response) => void
  readonly #reject: (error: ClientError) => void
  session: Session | undefined
  isRetried = false
  #stream: ClientHttp2Stream | undefined
  #incoming: IncomingBody | undefined
  #outgoing: OutgoingBody | undefined
  #announced: number | undefined
  #receivedBytes = 0
  #interim = 0
  #trailers = NONE
  /** The server said that this is all. */
  #hasEnd = false
  #isAnswered = false
  #isOver = false
  /** What is over when the time is: the wait, the head, the body. */
  #awaits: ClientReason
  readonly #waitReason: ClientReason
  #deadline: number
  /** Between two pieces of the response's body. */
  #bodyIdleMillis: number
  readonly #totalDeadline: number

  /** Throws a ClientError `bad-request` for what cannot be sent. */
  constructor(
    request: ClientRequest,
    scheme: string,
    limits: ClientLimits,
    clock: LookClock,
    owner: TransferOwner,
  ) {
    this.request = request
    this.#head = composeHead(request, scheme)
    this.#limits = request.timeouts === undefined ? limits : limitedBy(limits, request.timeouts)
    this.#clock = clock
    this.#owner = owner
    this.#waitReason = request.timeouts?.connectMillis === undefined ? 'wait-timeout' : 'connect-timeout'
    this.#awaits = this.#waitReason
    this.#deadline = clock.after(this.#limits.waitTimeoutMillis)
    this.#bodyIdleMillis = this.#limits.bodyIdleTimeoutMillis
    this.#totalDeadline = clock.after(request.timeouts?.totalMillis ?? NEVER)
    const { promise, resolve, reject } = Promise.withResolvers<Response>()
    this.promise = promise
    this.#resolve = resolve
    this.#reject = reject
    request.signal?.addEventListener('abort', this)
  }

  /** The caller gives it up. */
  handleEvent(): void {
    this.fail(new ClientError('aborted'))
  }

  /** Sends it on a session that has room. */
  start(session: Session): void {
    const { body, trailers } = this.request
    this.session = session
    const stream = session.http2.request(this.#head.slice(), {
      endStream: body === undefined && trailers === undefined,
      waitForTrailers: body !== undefined && trailers !== undefined,
    })
    this.#stream = stream
    this.#hasEnd = false
    watchEnd(stream, () => {
      this.#hasEnd = true
    })
    stream.on('response', (_, flags, raw: string[]) => this.#onHead(flags, raw))
    stream.on('headers', (_, __, raw: string[]) => this.#onInterim(raw))
    stream.on('trailers', (_, __, raw: string[]) => this.#onTrailers(raw))
    stream.on('wantTrailers', () => this.#sendTrailers(stream))
    stream.on('error', () => undefined)
    stream.on('close', () => this.#onClose(stream))
    this.#await('head-timeout', body === undefined ? this.#limits.headTimeoutMillis : NEVER)
    if (body === undefined) return
    this.#outgoing = new OutgoingBody(stream, this, lengthOf(this.request))
    this.#outgoing.start(body)
  }

  check(now: number): void {
    if (now >= this.#deadline) this.fail(new ClientError(this.#awaits))
    else if (now >= this.#totalDeadline) this.fail(new ClientError('total-timeout'))
  }

  /** Ends it, wherever it is. What was handed over of the response breaks off; a body that was not begun is left alone. */
  fail(error: ClientError): void {
    if (this.#isOver) return
    this.#finish()
    this.#outgoing?.stop()
    const stream = this.#stream
    if (stream !== undefined && !stream.destroyed) {
      // Not `close`, which would end a body that is being sent as if it were whole.
      if (stream.writableFinished) stream.close(NGHTTP2_CANCEL)
      else stream.destroy(new Error(error.message))
    }
    if (this.#isAnswered) this.#incoming?.fail(error)
    else this.#reject(error)
  }

  // The request.

  onFull(isFull: boolean): void {
    if (this.#isAnswered) return
    this.#await(isFull ? 'body-timeout' : 'head-timeout', isFull ? this.#limits.bodyIdleTimeoutMillis : NEVER)
  }

  onSent(): void {
    if (!this.#isAnswered) this.#await('head-timeout', this.#limits.headTimeoutMillis)
  }

  onSendingFailed(cause: Error): void {
    this.fail(new ClientError('request-body-failed', cause))
  }

  #sendTrailers(stream: ClientHttp2Stream): void {
    try {
      stream.sendTrailers(composeTrailers(this.request.trailers?.() ?? NONE))
    } catch (cause) {
      this.fail(new ClientError('bad-request', cause))
    }
  }

  // The response.

  #onInterim(raw: readonly string[]): void {
    if (this.#isOver) return
    if (++this.#interim > this.#limits.maxInterimResponses) {
      this.fail(new ClientError('malformed'))
      return
    }
    const head = readResponseHead(raw, this.#limits.maxFields)
    if (head?.status === 103) this.request.inform?.(head.status, head.fields)
  }

  #onHead(flags: number, raw: readonly string[]): void {
    const stream = this.#stream
    if (this.#isOver || stream === undefined) return
    const head = readResponseHead(raw, this.#limits.maxFields)
    const bytes = raw.reduce((sum, each) => sum + each.length, 0)
    if (head === undefined || head.status < 200 || bytes > this.#limits.maxHeadBytes) {
      this.fail(new ClientError('malformed'))
      return
    }
    const { status, fields, contentLength } = head
    const hasNone = (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0
    const mayHave = this.request.method !== 'HEAD' && status !== 204 && status !== 304
    if (hasNone && mayHave && contentLength !== undefined && contentLength > 0) {
      this.fail(new ClientError('malformed'))
      return
    }
    this.#isAnswered = true
    if (isEventStream(fields)) this.#bodyIdleMillis = this.#limits.eventStreamIdleTimeoutMillis
    this.#announced = mayHave ? contentLength : undefined
    this.#await('body-timeout', this.#bodyIdleMillis)
    if (hasNone) {
      stream.resume()
      this.#resolve({ status, fields, body: undefined })
      return
    }
    this.#incoming = new IncomingBody(stream, this)
    this.#resolve({ status, fields, body: this.#incoming, trailers: () => this.#trailers })
  }

  onTaken(): void {
    this.#await('body-timeout', this.#bodyIdleMillis)
  }

  onContent(bytes: number): Error | undefined {
    this.#receivedBytes += bytes
    this.#await('body-timeout', this.#bodyIdleMillis)
    if (this.#announced === undefined || this.#receivedBytes <= this.#announced) return undefined
    const error = new ClientError('malformed')
    this.fail(error)
    return error
  }

  onComplete(): Error | undefined {
    const isWhole = this.#announced === undefined || this.#announced === this.#receivedBytes
    if (this.#hasEnd && isWhole) return undefined
    const error = new ClientError(this.#hasEnd ? 'malformed' : 'closed-early')
    this.fail(error)
    return error
  }

  onAbandoned(): void {
    this.fail(new ClientError('aborted'))
  }

  #onTrailers(raw: readonly string[]): void {
    // Nothing can follow those.
    this.#hasEnd = true
    const trailers = readTrailers(raw, this.#limits.maxFields)
    if (trailers === undefined) this.fail(new ClientError('malformed'))
    else this.#trailers = trailers
  }

  #onClose(stream: ClientHttp2Stream): void {
    if (this.#isOver || stream !== this.#stream) return
    const isRefused =
      stream.rstCode === NGHTTP2_REFUSED_STREAM || this.session?.isBeyondLast(stream.id) === true
    if (!this.#isAnswered && isRefused && !this.isRetried && this.#isRepeatable) {
      this.isRetried = true
      const { session } = this
      this.#stream = undefined
      this.session = undefined
      this.#outgoing = undefined
      this.#await(this.#waitReason, this.#limits.waitTimeoutMillis)
      session?.leave(this)
      this.#owner.onRefused(this)
      return
    }
    const isWhole = this.#isAnswered && (this.#incoming === undefined || this.#incoming.isOver)
    if (isWhole && stream.rstCode === NGHTTP2_NO_ERROR) this.#finish()
    else this.fail(new ClientError(isRefused ? 'refused' : 'closed-early'))
  }

  /** The body, if there is one, is still at hand. */
  get #isRepeatable(): boolean {
    const { body } = this.request
    return body === undefined || body instanceof Uint8Array
  }

  #await(what: ClientReason, millis: number): void {
    const isStream = this.request.isStream === true && what !== this.#waitReason
    this.#awaits = isStream ? 'body-timeout' : what
    this.#deadline = this.#clock.after(isStream ? this.#limits.streamIdleMillis : millis)
  }

  #finish(): void {
    this.#isOver = true
    this.#deadline = NEVER
    this.request.signal?.removeEventListener('abort', this)
    this.session?.leave(this)
    this.#owner.onOver(this)
  }
}

/** The limits, with the times of one request in their place. */
function limitedBy(limits: ClientLimits, timeouts: ClientTimeouts): ClientLimits {
  const { connectMillis, headMillis, bodyIdleMillis } = timeouts
  return {
    ...limits,
    waitTimeoutMillis: connectMillis ?? limits.waitTimeoutMillis,
    headTimeoutMillis: headMillis ?? limits.headTimeoutMillis,
    bodyIdleTimeoutMillis: bodyIdleMillis ?? limits.bodyIdleTimeoutMillis,
    eventStreamIdleTimeoutMillis: bodyIdleMillis ?? limits.eventStreamIdleTimeoutMillis,
    streamIdleMillis: bodyIdleMillis ?? limits.streamIdleMillis,
  }
}

function composeHead(request: ClientRequest, scheme: string): string[] {
  const { method, target, host, fields, body, trailers } = request
  if (!TOKEN.test(method) || !TARGET.test(target) || !TARGET.test(host)) throw new ClientError('bad-request')
  try {
    const length = body instanceof Uint8Array ? ['content-length', String(body.byteLength)] : NONE
    const isOurs = (name: string): boolean =>
      name === 'host' ||
      name === 'te' ||
      name === 'expect' ||
      (name === 'trailer' && trailers === undefined) ||
      (name === 'content-length' && body instanceof Uint8Array)
    const composed = composeFields(fields, isOurs)
    for (let i = 0; i < composed.length; i += 2) {
      if (!isField(composed[i] as string, composed[i + 1] as string))
        throw new TypeError('a field cannot be sent')
    }
    const pseudo = [':method', method, ':scheme', scheme, ':authority', host, ':path', target]
    // Trailers are always taken, and gRPC asks for it (RFC 9110 §10.1.4).
    return [...pseudo, ...composed, ...length, 'te', 'trailers']
  } catch (cause) {
    throw new ClientError('bad-request', cause)
  }
}

/**
 * Tells when the end of the content comes from the server (END_STREAM). A reset ends the content likewise, by its code
 * NO_ERROR without a sign of it; but the stream is closed by then.
 */
function watchEnd(stream: ClientHttp2Stream, tell: () => void): void {
  const push = stream.push
  stream.push = function pushNoting(chunk: unknown, encoding?: BufferEncoding): boolean {
    if (chunk === null && !stream.closed) tell()
    return push.call(stream, chunk, encoding)
  }
}

/** A stream of events (`text/event-stream`), which goes on until somebody ends it. */
function isEventStream(fields: readonly string[]): boolean {
  const at = fields.findIndex((each, i) => i % 2 === 0 && each === 'content-type')
  return at >= 0 && /^text\/event-stream *(?:;|$)/i.test(fields[at + 1] as string)
}

/** The length to which a streaming body is held. */
function lengthOf({ fields, body }: ClientRequest): number | undefined {
  if (body instanceof Uint8Array) return body.byteLength
  const at = fields.findIndex((each, i) => i % 2 === 0 && each.toLowerCase() === 'content-length')
  const value = at < 0 ? undefined : fields[at + 1]
  return value !== undefined && /^[0-9]{1,15}$/.test(value) ? Number(value) : undefined
}
