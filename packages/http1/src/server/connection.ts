import type { Socket } from 'node:net'
import type { Seat } from '@portcullis/kernel/crowd'
import { type Soon, whenThere } from '@portcullis/kernel/later'
import { ownCopy } from '../body/copy-pool.ts'
import { NONE } from '../body/framing.ts'
import { abandonBody } from '../body/iterable-body.ts'
import type { BodySource } from '../body/streamed-body.ts'
import { type Malformed, malformed } from '../head/malformed.ts'
import type { RequestHead } from '../head/read-request-head.ts'
import type { Body, Response } from '../message.ts'
import { BodyWatch } from './body-watch.ts'
import { HeadReader, methodOf } from './head-reader.ts'
import { IncomingBody } from './incoming-body.ts'
import { IncomingRequest, type Peer, type RequestOwner } from './incoming-request.ts'
import { leaveHttp } from './leave-http.ts'
import { mayClose, mayStay } from './may-stay.ts'
import { type ConnectionState, type Phase, stateOf } from './phase.ts'
import { Reading } from './reading.ts'
import { RequestFault } from './request-fault.ts'
import { ResponseWriter, type WriterOwner } from './response-writer.ts'
import { NEVER, type Refusal, type ServerContext } from './server-context.ts'
import { SocketFeed, type SocketListener } from './socket-feed.ts'

/** One connection of a client: reads one request after the other and answers each before it looks at the next. */
export class Connection implements BodySource, WriterOwner, RequestOwner, SocketListener {
  readonly #socket: Socket
  readonly #feed: SocketFeed
  readonly #context: ServerContext
  readonly peer: Peer
  readonly #writer: ResponseWriter
  readonly #heads: HeadReader
  readonly #reading: Reading
  readonly #seat: Seat<Connection>
  #phase: Phase = 'head'
  /** What has come and belongs to no request yet. */
  #unread: Buffer | undefined
  #isAdvancing = false

  // The request under way.
  #request: IncomingRequest | undefined
  #body: IncomingBody | undefined
  #watch: BodyWatch | undefined
  #response: Response | undefined
  #keepAlive = false
  /** The caller waits to be told to send the body. */
  #isAwaited = false

  // Times, as `context.now` has them.
  #inputDeadline: number
  #outputDeadline = NEVER
  #droppedBytes = 0

  constructor(socket: Socket, peer: Peer, context: ServerContext) {
    this.#socket = socket
    this.peer = peer
    this.#context = context
    this.#feed = new SocketFeed(socket, this)
    this.#writer = new ResponseWriter(this.#feed.outlet, this)
    this.#reading = new Reading(socket)
    this.#heads = new HeadReader(context.limits)
    this.#inputDeadline = context.after(context.limits.headTimeoutMillis)
    this.#seat = context.connections.join(this)
    context.accepted++
  }

  /** Takes no further request: closes at once when none is under way, else after its response. */
  drain(): void {
    if (this.#phase === 'drop') this.#linger()
    else if (this.#phase === 'head' && this.#unread === undefined) this.#socket.destroySoon()
  }

  cut(): void {
    this.#socket.destroy()
  }

  /** Acts on deadlines that are over. */
  check(now: number): void {
    if (now >= this.#outputDeadline) this.#closeFor('slow-reader')
    else if (now >= this.#inputDeadline) this.#onInputLate(now)
  }

  get state(): ConnectionState {
    return stateOf(this.#phase, this.#heads.isWithin)
  }

  // What comes.

  onBytes(bytes: Buffer): void {
    this.#take(bytes)
    // The bytes are lent.
    if (this.#unread?.buffer === bytes.buffer) this.#unread = ownCopy(this.#unread)
  }

  #take(bytes: Buffer): void {
    if (this.#phase === 'linger') {
      this.#droppedBytes += bytes.byteLength
      if (this.#droppedBytes > this.#context.limits.maxLingerBytes) this.#socket.destroy()
      return
    }
    const rest = this.#body === undefined ? bytes : this.#feedBody(this.#body, bytes)
    if (rest === undefined) return
    this.#unread = this.#unread === undefined ? rest : Buffer.concat([this.#unread, rest])
    if (this.#phase === 'head') this.#advance()
    else if (this.#unread.byteLength > this.#context.limits.maxAheadBytes) this.#reading.pause()
  }

  /** Gives the body its bytes; what follows it comes back. */
  #feedBody(body: IncomingBody, bytes: Buffer): Buffer | undefined {
    const taken = body.feed(bytes)
    if (typeof taken !== 'number') {
      this.#refuseBody(taken)
      return undefined
    }
    if (!body.isDone) return undefined
    this.#body = undefined
    this.#inputDeadline = NEVER
    const rest = taken === bytes.byteLength ? undefined : bytes.subarray(taken)
    if (this.#phase !== 'drop') return rest
    // Whatever waits came before the body was done, so there is none of it.
    this.#unread = rest
    this.#becomeIdle()
    this.#advance()
    return undefined
  }

  /** Handles what has come, as long as each request is answered at once and the replies are taken. */
  #advance(): void {
    if (this.#isAdvancing) return
    this.#isAdvancing = true
    while (this.#phase === 'head' && this.#unread !== undefined && !this.#feed.outlet.isFull) {
      if (!this.#takeRequest(this.#unread)) break
    }
    this.#isAdvancing = false
    if (this.#phase !== 'head') return
    // Requests of somebody who does not read the replies can wait in his own memory.
    if (this.#feed.outlet.isFull) this.#reading.pause()
    else this.#reading.resume()
  }

  /** Takes the next request out of what has come; false when its head is not complete. */
  #takeRequest(unread: Buffer): boolean {
    const wasWithin = this.#heads.isWithin
    const found = this.#heads.read(unread)
    if (found === undefined) {
      if (!wasWithin) this.#inputDeadline = this.#context.after(this.#context.limits.headTimeoutMillis)
      return false
    }
    if ('bad' in found) this.#refuse(found.bad, found.method)
    else this.#receive(found.head, found.rest)
    return true
  }

  /** A whole head, and what came behind it. */
  #receive(head: RequestHead, rest: Buffer | undefined): void {
    this.#unread = rest
    this.#inputDeadline = NEVER
    if (head.body === NONE) {
      this.#hand(head, undefined, undefined)
      return
    }
    const body = new IncomingBody(head.body, this.#context.limits)
    if (body.isTooLarge) {
      this.#refuse(malformed(413, 'body-too-large'), head.method)
      return
    }
    const taken = rest === undefined ? 0 : body.feed(rest)
    if (typeof taken !== 'number') {
      this.#refuse(taken, head.method)
      return
    }
    this.#unread = rest === undefined || taken === rest.length ? undefined : rest.subarray(taken)
    if (!body.isDone) this.#expectBody(head, body)
    this.#hand(head, body.open(this), body)
  }

  #expectBody(head: RequestHead, body: IncomingBody): void {
    this.#body = body
    this.#isAwaited = head.expectsContinue && body.receivedBytes === 0
    this.#watch = new BodyWatch(body, this.#context)
    this.#inputDeadline = this.#watch.openWindow()
  }

  #hand(head: RequestHead, body: Body | undefined, incoming: IncomingBody | undefined): void {
    const context = this.#context
    const request = new IncomingRequest(head, body, this, incoming)
    this.#phase = 'busy'
    this.#request = request
    context.requests++
    context.handled++
    let response: Soon<Response>
    try {
      response = context.handler.handle(request)
    } catch (thrown) {
      request.fail(thrown)
      return
    }
    whenThere(response, request)
  }

  respond(request: IncomingRequest, response: Response): void {
    const { head } = request
    if (request !== this.#request) {
      abandonBody(response.body)
      return
    }
    const remaining = this.#isAwaited ? NEVER : (this.#body?.remainingBytes ?? 0)
    this.#keepAlive =
      !this.#context.isClosing && mayStay(head, response, remaining, this.#context.limits.maxDiscardBytes)
    this.#response = response
    this.#write(response, head.method === 'HEAD', head.minorVersion, head.acceptsTrailers)
  }

  #write(response: Response, isHead: boolean, minorVersion: 0 | 1, acceptsTrailers: boolean): void {
    try {
      if (response.switchTo !== undefined && this.#request !== undefined) {
        this.#feed.listener = leaveHttp(this.#socket, this, this.#request, response, this.#unread)
        this.#unread = undefined
        return
      }
      this.#writer.start(response, { isHead, minorVersion, acceptsTrailers, keepAlive: this.#keepAlive })
    } catch (thrown) {
      abandonBody(response.body)
      this.onBroken(thrown instanceof Error ? thrown : new Error(String(thrown)))
      return
    }
    this.#watchOutput()
  }

  onFull(): void {
    this.#watchOutput()
  }

  inform(request: IncomingRequest, status: number, fields: readonly string[]): void {
    if (request !== this.#request || this.#writer.isWriting || request.head.minorVersion === 0) return
    this.#writer.inform(status, fields)
  }

  onWritten(): void {
    const body = this.#body
    const isOver =
      body === undefined && this.#unread === undefined && mayClose(this.#request?.head, this.#feed.outlet)
    this.#endRequest()
    if (isOver) this.#socket.destroy()
    else if (!this.#keepAlive) this.#linger()
    else if (body === undefined) {
      this.#becomeIdle()
      this.#advance()
    } else {
      this.#phase = 'drop'
      body.fail(new RequestFault('answered'))
      this.#inputDeadline = this.#context.after(this.#context.limits.lingerMillis)
      this.#reading.resume()
    }
    this.#watchOutput()
  }

  onBroken(error: Error): void {
    if (this.#response !== undefined) this.#context.observer.onResponseCut(error, this.#response)
    this.#socket.destroy()
  }

  #becomeIdle(): void {
    this.#phase = 'head'
    this.#inputDeadline = this.#context.after(this.#context.limits.keepAliveMillis)
    if (this.#context.isClosing && this.#unread === undefined) this.#linger()
  }

  #endRequest(): void {
    if (this.#request !== undefined) this.#context.requests--
    this.#request = undefined
    this.#response = undefined
    this.#isAwaited = false
  }

  /** Ends the connection so that what was written is read: closing on unread bytes would take it back. */
  #linger(): void {
    if (this.#phase === 'linger' || this.#phase === 'closed') return
    this.#phase = 'linger'
    this.#unread = undefined
    this.#body?.fail(new RequestFault('answered'))
    this.#body = undefined
    this.#outputDeadline = NEVER
    this.#inputDeadline = this.#context.after(this.#context.limits.stallTimeoutMillis)
    this.#socket.end()
    this.#reading.resume()
  }

  #watchOutput(): void {
    if (this.#phase === 'linger') return
    this.#outputDeadline = this.#feed.outlet.isFull
      ? this.#context.after(this.#context.limits.stallTimeoutMillis)
      : NEVER
  }

  onRoom(): void {
    this.#outputDeadline = NEVER
    this.#writer.onRoom()
    this.#watchOutput()
    if (this.#phase === 'head') this.#advance()
  }

  // What goes wrong.

  /** Something that can't be handed over: answered, and nothing after it is looked at. */
  #refuse(bad: Malformed, method: string | undefined): void {
    this.#context.count(bad.reason)
    this.#unread = undefined
    this.#phase = 'busy'
    this.#keepAlive = false
    try {
      this.#response = this.#context.handler.refuse(bad, method)
    } catch (thrown) {
      this.#context.observer.onHandlerFailed(thrown)
      this.#socket.destroy()
      return
    }
    this.#write(this.#response, method === 'HEAD', 1, false)
  }

  /** A body that goes wrong takes with it what was under way. What has begun to be answered can only be cut off. */
  #refuseBody(bad: Malformed): void {
    const head = this.#request?.head
    const wasAnswering = this.#writer.isWriting || this.#phase === 'drop' || head === undefined
    this.#leaveRequest(bad.reason)
    if (wasAnswering) this.#closeFor(bad.reason)
    else this.#refuse(bad, head.method)
  }

  onHandlerFailed(request: IncomingRequest, thrown: unknown): void {
    this.#context.observer.onHandlerFailed(thrown)
    if (request === this.#request) this.#socket.destroy()
  }

  #closeFor(refusal: Refusal): void {
    this.#context.count(refusal)
    this.#socket.destroy()
  }

  #onInputLate(now: number): void {
    this.#inputDeadline = NEVER
    if (this.#body !== undefined && this.#watch !== undefined && this.#phase === 'busy') {
      if (this.#watch.isTooSlow(now, !(this.#reading.isPaused || this.#isAwaited))) {
        this.#refuseBody(malformed(408, 'slow-body'))
      } else this.#inputDeadline = this.#watch.openWindow()
    } else if (this.#phase === 'head' && this.#unread !== undefined) {
      this.#refuse(malformed(408, 'slow-head'), methodOf(this.#unread))
    } else this.#socket.destroy()
  }

  /** The client sends no more. One that still waits for a response is taken to have left, as most servers do. */
  onEnd(): void {
    if (this.#phase === 'linger') return
    if (this.#phase === 'head' && this.#unread === undefined) this.#socket.end()
    else this.#socket.destroy()
  }

  onFinish(): void {
    this.#inputDeadline = this.#context.after(this.#context.limits.lingerMillis)
  }

  onClose(): void {
    if (this.#phase === 'closed') return
    this.#phase = 'closed'
    this.#unread = undefined
    this.#context.connections.leave(this.#seat)
    this.#leaveRequest('caller-gone')
    this.#writer.abandon()
  }

  /** Nobody waits for what is under way any more, and nothing more comes of it. */
  #leaveRequest(reason: RequestFault['reason']): void {
    const request = this.#request
    const body = this.#body
    this.#body = undefined
    this.#endRequest()
    request?.leave()
    body?.fail(new RequestFault(reason))
  }

  begin(): void {
    if (!this.#isAwaited) return
    this.#isAwaited = false
    if (this.#phase === 'busy' && !this.#writer.isWriting) this.#writer.inform(100, [])
    if (this.#watch !== undefined && this.#body !== undefined) this.#inputDeadline = this.#watch.openWindow()
  }

  pause(): void {
    this.#watch?.onPause()
    this.#reading.pause()
  }

  resume(): void {
    this.#reading.resume()
  }

  abandon(): void {
    this.#body?.drop()
    this.#reading.resume()
  }
}
