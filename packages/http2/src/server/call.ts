import { constants, type ServerHttp2Stream } from 'node:http2'
import type { Seat } from '@portcullis/kernel/crowd'
import { type Soon, type Taker, whenThere } from '@portcullis/kernel/later'
import { LightSignal, type Signal } from '@portcullis/kernel/signal'
import { type BodyOwner, IncomingBody } from '../body/incoming-body.ts'
import { abandonBody, OutgoingBody, type SendingOwner } from '../body/outgoing-body.ts'
import { composeFields, composeTrailers, readTrailers } from '../head/field.ts'
import { type Malformed, malformed } from '../head/malformed.ts'
import type { RequestHead } from '../head/read-request-head.ts'
import type { Body, Fields, Response, ServerRequest, TlsFacts, Trailers } from '../message.ts'
import { BodyWatch } from './body-watch.ts'
import { RequestFault } from './request-fault.ts'
import type { Peer, Refusal, ServerContext } from './server-context.ts'
import { StreamTunnel } from './stream-tunnel.ts'

const NEVER = Number.POSITIVE_INFINITY
/** What a handshake of HTTP/1.1 has said between gateway and backend, and does not hold here. */
const OF_HANDSHAKE = new Set(['sec-websocket-accept', 'sec-websocket-key', 'content-length'])
const NONE: readonly string[] = []
const { NGHTTP2_NO_ERROR, NGHTTP2_CANCEL, NGHTTP2_INTERNAL_ERROR, NGHTTP2_ENHANCE_YOUR_CALM } = constants

/** What a call tells its connection. */
export interface CallOwner {
  readonly peer: Peer
  /** So many bytes of content have come. */
  onContent(bytes: number): void
  /** `isBroken`: not by us, and before it was answered in full. */
  onCallEnded(call: Call, isBroken: boolean): void
}

/** One stream: a request, and the response to it. */
export class Call implements ServerRequest, Taker<Response>, BodyOwner, SendingOwner {
  /** Its place among the calls of its connection, which gives it. */
  seat: Seat<Call> | undefined
  readonly #stream: ServerHttp2Stream
  readonly #head: RequestHead | undefined
  readonly #owner: CallOwner
  readonly #context: ServerContext
  readonly #incoming: IncomingBody | undefined
  readonly #isStreaming: boolean = false
  #watch: BodyWatch | undefined
  #receivedBytes = 0
  #trailers: readonly string[] = NONE
  #leaving: LightSignal | undefined
  #response: Response | undefined
  #sending: OutgoingBody | undefined
  /** We ended it, or it ended as it should. */
  #isSettled = false
  #isTunnel = false
  #isGone = false
  #outputDeadline = NEVER
  #silentAt = NEVER

  /** `found` is what the head of the stream says; `endsStream` that there is no body. */
  constructor(
    stream: ServerHttp2Stream,
    found: RequestHead | Malformed,
    endsStream: boolean,
    owner: CallOwner,
    context: ServerContext,
  ) {
    this.#stream = stream
    this.#owner = owner
    this.#context = context
    this.#head = 'reason' in found ? undefined : found
    if (!endsStream && this.upgrade === undefined) this.#incoming = new IncomingBody(stream, this)
    stream.on('trailers', (_, __, raw: string[]) => this.#onTrailers(raw))
    stream.on('wantTrailers', () => this.#sendTrailers())
    // `close` follows, and says all that matters.
    stream.on('error', () => undefined)
    stream.on('close', () => this.#onClose())
    // Reset without an error, a stream would stay until somebody has read what came.
    stream.on('aborted', () => {
      if (this.#isTunnel) stream.destroy()
      if (this.#isSettled) return
      this.#onClose()
      stream.destroy()
    })
    if ('reason' in found) {
      this.#refuse(found)
      return
    }
    this.#isStreaming = context.handler.isStream(found.fields)
    if (this.#incoming !== undefined && !this.#isStreaming)
      this.#watch = new BodyWatch(this.#incoming, context)
    if (this.#isStreaming) this.#hear()
  }

  get method(): string {
    return this.#head?.method ?? ''
  }

  get target(): string {
    return this.#head?.target ?? ''
  }

  get host(): string {
    return this.#head?.host ?? ''
  }

  get fields(): Fields {
    return this.#head?.fields ?? []
  }

  get upgrade(): 'websocket' | undefined {
    return this.#head?.upgrade
  }

  get body(): Body | undefined {
    return this.#incoming
  }

  get trailers(): Trailers | undefined {
    return this.#incoming && (() => this.#trailers)
  }

  get acceptsTrailers(): boolean {
    return this.#head?.acceptsTrailers === true
  }

  get remoteAddress(): string {
    return this.#owner.peer.remoteAddress
  }

  get tls(): TlsFacts | undefined {
    return this.#owner.peer.tls
  }

  get signal(): Signal {
    if (this.#leaving === undefined) {
      this.#leaving = new LightSignal()
      if (this.#isGone && !this.#isSettled) this.#leaving.abort()
    }
    return this.#leaving
  }

  inform(status: number, fields: readonly string[]): void {
    if (this.#response !== undefined || !this.#isOpen) return
    if (status < 100 || status > 199 || status === 101) throw new RangeError(`${status} is no interim status`)
    const composed = composeFields(fields, () => false)
    const sent: Record<string, string | string[] | number> = { ':status': status }
    for (let i = 0; i < composed.length; i += 2) {
      const name = composed[i] as string
      const before = sent[name] as string | undefined
      sent[name] =
        before === undefined ? (composed[i + 1] as string) : [before, composed[i + 1] as string].flat()
    }
    this.#stream.additionalHeaders(sent)
  }

  /** Hands the request over, unless something is wrong with it. */
  begin(): void {
    if (this.#response !== undefined || this.#head === undefined) return
    const { maxBodyBytes } = this.#context.limits
    if (maxBodyBytes !== undefined && (this.#head.contentLength ?? 0) > maxBodyBytes) {
      this.#refuse(malformed(413, 'body-too-large'))
      return
    }
    this.#context.handled++
    let response: Soon<Response>
    try {
      response = this.#context.handler.handle(this)
    } catch (thrown) {
      this.fail(thrown)
      return
    }
    whenThere(response, this)
  }

  take(response: Response): void {
    try {
      this.#respond(response)
    } catch (thrown) {
      this.fail(thrown)
    }
  }

  /** Acts on deadlines that are over. */
  check(now: number): void {
    if (now >= this.#outputDeadline) this.#resetFor('slow-reader')
    else if (now >= this.#silentAt) this.#resetFor('silent-stream')
    else if (this.#watch !== undefined && this.#incoming?.isOver === false && this.#watch.isTooSlow(now)) {
      this.#refuseBody(malformed(408, 'slow-body'))
    }
  }

  cut(): void {
    this.#reset(NGHTTP2_CANCEL)
  }

  // What comes.

  onTaken(): void {
    if (this.#head?.expectsContinue !== true || this.#receivedBytes > 0) return
    this.inform(100, [])
    this.#watch?.restart()
  }

  onContent(bytes: number): Error | undefined {
    this.#receivedBytes += bytes
    this.#owner.onContent(bytes)
    this.#watch?.onContent(bytes)
    if (this.#isStreaming) this.#hear()
    const { maxBodyBytes = NEVER } = this.#context.limits
    const { contentLength = NEVER } = this.#head ?? {}
    if (this.#receivedBytes > contentLength) return this.#refuseBody(malformed(400, 'ambiguous-length'))
    return this.#receivedBytes > maxBodyBytes ? this.#refuseBody(malformed(413, 'body-too-large')) : undefined
  }

  onComplete(): Error | undefined {
    const announced = this.#head?.contentLength
    if (announced !== undefined && announced !== this.#receivedBytes) {
      return this.#refuseBody(malformed(400, 'ambiguous-length'))
    }
    return undefined
  }

  onAbandoned(): void {
    // What still comes is dropped; that it is not wanted is said with the end of the response.
    this.#stream.resume()
  }

  #onTrailers(raw: readonly string[]): void {
    const trailers = readTrailers(raw, this.#context.limits.maxFields)
    if (trailers === undefined) this.#refuseBody(malformed(400, 'bad-trailer'))
    else this.#trailers = trailers
  }

  // What goes.

  get #isOpen(): boolean {
    return !this.#isGone && !this.#stream.destroyed && !this.#stream.closed
  }

  #respond(response: Response): void {
    if (this.#response !== undefined || !this.#isOpen) {
      abandonBody(response.body)
      return
    }
    this.#response = response
    try {
      if (response.switchTo === undefined) this.#write(response)
      else this.#leaveHttp(response.fields, response.switchTo)
    } catch (thrown) {
      abandonBody(response.body)
      this.onSendingFailed(thrown instanceof Error ? thrown : new Error(String(thrown)))
    }
  }

  #write(response: Response): void {
    const { status, body, trailers } = response
    if (!Number.isInteger(status) || status < 200 || status > 599) {
      throw new RangeError(`${status} is no status of a final response`)
    }
    let length = body instanceof Uint8Array ? body.byteLength : undefined
    const hasNone = this.method === 'HEAD' || status === 204 || status === 304
    const isLeftOut = (name: string) =>
      name === 'content-length' || (name === 'trailer' && trailers === undefined)
    const fields = composeFields(response.fields, isLeftOut)
    const declared = hasNone || length === undefined ? declaredLength(response.fields) : undefined
    length ??= declared
    if (length !== undefined && status !== 204) fields.push('content-length', String(length))
    fields.unshift(':status', String(status))
    const endStream = hasNone || (body === undefined && trailers === undefined)
    if (hasNone) abandonBody(body)
    this.#stream.respond(fields, { endStream, waitForTrailers: !endStream && trailers !== undefined })
    if (endStream) {
      this.onSent()
      return
    }
    this.#sending = new OutgoingBody(this.#stream, this, length)
    this.#sending.start(body ?? new Uint8Array())
  }

  /** RFC 8441 §5: the stream is a WebSocket from now on, and its end is nobody's fault. */
  #leaveHttp(said: Response['fields'], switchTo: NonNullable<Response['switchTo']>): void {
    const fields = composeFields(said, (name) => OF_HANDSHAKE.has(name))
    this.#stream.respond([':status', '200', ...fields], { endStream: false })
    this.#isTunnel = true
    this.#isSettled = true
    switchTo(new StreamTunnel(this.#stream, (bytes) => this.#owner.onContent(bytes)))
  }

  #sendTrailers(): void {
    if (!this.#isOpen) return
    try {
      this.#stream.sendTrailers(composeTrailers(this.#response?.trailers?.() ?? NONE))
    } catch (thrown) {
      this.onSendingFailed(thrown instanceof Error ? thrown : new Error(String(thrown)))
    }
  }

  onFull(isFull: boolean): void {
    this.#outputDeadline = isFull ? this.#context.after(this.#context.limits.stallTimeoutMillis) : NEVER
    if (this.#isStreaming) this.#hear()
  }

  onSent(): void {
    this.#sending = undefined
    // What waits in the stream must be taken too; `close` ends the waiting.
    this.#outputDeadline = this.#context.after(this.#context.limits.stallTimeoutMillis)
    this.#stream.once('finish', () => {
      this.#isSettled = true
      this.#outputDeadline = NEVER
      this.#letGoOfRequest()
    })
  }

  onSendingFailed(cause: Error): void {
    if (this.#response !== undefined) this.#context.observer.onResponseCut(cause, this.#response)
    this.#reset(NGHTTP2_INTERNAL_ERROR)
  }

  /** Answered in full: nobody wants the rest of the request, and whoever sends it may stop (RFC 9113 §8.1). */
  #letGoOfRequest(): void {
    const isRefusedOffer = this.upgrade !== undefined
    if (!isRefusedOffer && (this.#incoming === undefined || this.#incoming.isOver)) return
    this.#incoming?.fail(new RequestFault('answered'))
    if (isRefusedOffer) this.#stream.resume()
    // A turn later, so that what was written last leaves before.
    setImmediate(() => {
      if (this.#isOpen) this.#stream.close(NGHTTP2_NO_ERROR)
    })
  }

  // What goes wrong.

  #refuse(bad: Malformed): void {
    this.#context.count(bad.reason)
    try {
      this.#respond(this.#context.handler.refuse(bad, this.#head?.method))
    } catch (thrown) {
      this.fail(thrown)
    }
  }

  /** A body that goes wrong takes with it what was under way. What has begun to be answered can only be cut off. */
  #refuseBody(bad: Malformed): RequestFault {
    const fault = new RequestFault(bad.reason)
    if (!this.#isOpen) return fault
    this.#incoming?.fail(fault)
    if (this.#response === undefined) {
      this.#refuse(bad)
      this.#leaving?.abort()
    } else this.#resetFor(bad.reason)
    return fault
  }

  fail(thrown: unknown): void {
    this.#context.observer.onHandlerFailed(thrown)
    this.#reset(NGHTTP2_INTERNAL_ERROR)
  }

  #resetFor(refusal: Refusal): void {
    this.#context.count(refusal)
    this.#reset(NGHTTP2_ENHANCE_YOUR_CALM)
  }

  #reset(code: number): void {
    this.#isSettled = true
    this.#outputDeadline = NEVER
    this.#silentAt = NEVER
    if (this.#isOpen) resetStream(this.#stream, code)
    this.#sending?.stop()
    this.#incoming?.fail(new RequestFault('answered'))
    this.#leaving?.abort()
  }

  #hear(): void {
    this.#silentAt = this.#context.after(this.#context.limits.streamIdleMillis)
  }

  #onClose(): void {
    if (this.#isGone) return
    this.#isGone = true
    const isBroken = !this.#isSettled
    this.#sending?.stop()
    this.#incoming?.fail(new RequestFault('caller-gone'))
    if (isBroken) this.#leaving?.abort()
    this.#owner.onCallEnded(this, isBroken)
  }
}

/** To close a stream also ends what is being sent, as if it were whole; to destroy it does not. */
function resetStream(stream: ServerHttp2Stream, code: number): void {
  if (stream.headersSent && !stream.writableFinished) stream.destroy(new Error('the response is cut off'))
  else stream.close(code)
}

/** The length that a body has or would have had (RFC 9110 §8.6). */
function declaredLength(fields: readonly string[]): number | undefined {
  for (let i = 0; i < fields.length; i += 2) {
    if ((fields[i] as string).toLowerCase() !== 'content-length') continue
    const value = fields[i + 1] as string
    if (!/^[0-9]{1,15}$/.test(value)) throw new TypeError('the value of Content-Length is no length')
    return Number(value)
  }
  return undefined
}
