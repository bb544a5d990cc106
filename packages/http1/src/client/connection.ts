import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { writeJoined } from '../body/copy-pool.ts'
import { inOnePiece } from '../body/iterable-body.ts'
import { type BodySource, StreamedBody } from '../body/streamed-body.ts'
import type { WholeBody } from '../body/whole-body.ts'
import { WholeResponse } from '../body/whole-response.ts'
import { isEventStream } from '../head/event-stream.ts'
import type { ResponseHead } from '../head/read-response-head.ts'
import { composeTrailers } from '../head/trailer.ts'
import type { Trailers } from '../message.ts'
import { Outlet } from '../outlet.ts'
import { SocketTunnel } from '../tunnel/socket-tunnel.ts'
import { isAccepted, withoutHandshake } from '../websocket/handshake.ts'
import { ClientError, type ClientReason } from './client-error.ts'
import type { ClientLimits } from './client-limits.ts'
import type { CoarseClock } from './coarse-clock.ts'
import { openSocket, type SocketEvents } from './open-socket.ts'
import type { Origin } from './origin.ts'
import { RequestBodyWriter, type SendingEvents } from './request-body-writer.ts'
import { type ResponseEvents, ResponseReader } from './response-reader.ts'
import type { Holder, Transfer } from './transfer.ts'
import type { TlsConnector } from './upstream-tls.ts'

/** Whose connection it is. */
export interface ConnectionOwner {
  /** It is ready for a request, for the first time or again. */
  onFree(connection: Connection): void
  /** It is gone. `error` says why where it was never ready. */
  onGone(connection: Connection, error: ClientError | undefined): void
  /** A request of which it is certain or harmless that the server did not act on it. */
  onUnanswered(transfer: Transfer): void
}

type Waiting = 'connect' | 'head' | 'body' | 'idle'

const reasons: Readonly<Record<Waiting, ClientReason>> = {
  connect: 'connect-timeout',
  head: 'head-timeout',
  body: 'body-timeout',
  idle: 'closed',
}

/** Up to that size head and body are copied into one write; above it the system gathers them. */
const MAX_JOINED_BYTES = 16_384
/** Less than a server says, because its clock began earlier. */
const HINT_MARGIN_MILLIS = 1_000

/** One socket: one request at a time, and closed at the first oddity. */
export class Connection implements SocketEvents, ResponseEvents, SendingEvents, BodySource, Holder {
  readonly #owner: ConnectionOwner
  readonly #limits: ClientLimits
  readonly #clock: CoarseClock
  readonly #socket: Socket
  readonly #outlet: Outlet
  readonly #reader: ResponseReader
  /** The tick from which on it is not used again. */
  readonly #retireAt: number
  #isReady = false
  #isGone = false
  #deadline: number
  #waiting: Waiting = 'connect'
  #idleMillis: number

  // Of the request under way.
  #transfer: Transfer | undefined
  #writer: RequestBodyWriter | undefined
  #body: StreamedBody | undefined
  #served = 0
  #isSent = true
  #isAnswered = false
  #isEnded = false
  #isPaused = false
  #mayStay = true
  #headMillis = 0
  /** Between two pieces of a body. */
  #bodyIdleMillis: number
  /** The connection has left HTTP. */
  #tunnel: SocketTunnel | undefined

  constructor(
    origin: Origin,
    tls: TlsConnector | undefined,
    limits: ClientLimits,
    clock: CoarseClock,
    owner: ConnectionOwner,
  ) {
    this.#owner = owner
    this.#limits = limits
    this.#clock = clock
    this.#idleMillis = limits.keepAliveMillis
    this.#bodyIdleMillis = limits.bodyIdleTimeoutMillis
    this.#reader = new ResponseReader(limits, this)
    this.#deadline = clock.after(limits.connectTimeoutMillis)
    this.#retireAt = clock.after(limits.maxConnectionAgeMillis)
    this.#socket = openSocket(origin, tls, this)
    this.#outlet = new Outlet(this.#socket, () => this.onRoom())
  }

  /** Whether a request may be tried on it. */
  get isUsable(): boolean {
    return !this.#isGone && this.#socket.writable && this.#clock.now < this.#retireAt
  }

  /** Sends a request; only on a connection that is free. */
  start(transfer: Transfer): void {
    const { method, body, trailers, timeouts } = transfer.request
    const { head } = transfer
    transfer.holder = this
    this.#transfer = transfer
    this.#isAnswered = false
    this.#isEnded = false
    this.#isSent = true
    this.#headMillis = timeouts?.headMillis ?? this.#limits.headTimeoutMillis
    this.#bodyIdleMillis = timeouts?.bodyIdleMillis ?? this.#limits.bodyIdleTimeoutMillis
    this.#mayStay = true
    this.#reader.begin(method, head.handshakeKey !== undefined)
    if (body === undefined) {
      this.#outlet.write(head.text)
      this.#await('head', this.#headMillis)
    } else if (body instanceof Uint8Array && head.trailer === undefined) {
      this.#sendWhole(head.text, body)
      this.#await('head', this.#headMillis)
    } else {
      this.#isSent = false
      this.#deadline = 0
      this.#writer = new RequestBodyWriter(this, head.text, head.length, () =>
        head.trailer === undefined ? '' : composeTrailers(trailers?.() ?? [], head.trailer),
      )
      this.#writer.start(body instanceof Uint8Array ? inOnePiece(body) : body)
    }
  }

  /** Fails what has taken too long. */
  check(now: number): void {
    const total = this.#transfer?.totalDeadline ?? 0
    if (this.#deadline !== 0 && now >= this.#deadline) this.#break(new ClientError(reasons[this.#waiting]))
    else if (total !== 0 && now >= total) this.#break(new ClientError('total-timeout'))
  }

  giveUp(_: Transfer, error: ClientError): void {
    this.#break(error)
  }

  /** Closes the connection and fails what is under way on it. */
  close(): void {
    this.#break(new ClientError('closed'))
  }

  // The socket.

  onReady(): void {
    this.#isReady = true
    this.#becomeFree(this.#limits.keepAliveMillis)
  }

  onBytes(bytes: Buffer): void {
    this.#tunnel?.onBytes(bytes)
    if (this.#isGone) return
    this.#isAnswered = true
    if (this.#waiting === 'body') this.#await('body', this.#bodyIdleMillis)
    this.#reader.read(bytes)
    if (this.#isEnded) this.#leave()
  }

  onRoom(): void {
    this.#tunnel?.onRoom()
    if (this.#isSent) return
    if (this.#body === undefined) this.#deadline = 0
    this.#writer?.resume()
  }

  onPeerEnd(): void {
    this.#tunnel?.onEnd()
    if (this.#isGone) return
    this.#mayStay = false
    this.#reader.end()
    if (this.#isEnded) this.#leave()
  }

  onError(error: Error): void {
    this.#tunnel?.destroy()
    if (this.#isReady) this.#break(new ClientError('closed-early', { cause: error }))
    else this.#break(new ClientError(this.#isUntrusted ? 'untrusted' : 'connect-failed', { cause: error }))
  }

  onClose(): void {
    this.#tunnel?.onClose()
    // Nearly always it was us, and an error would be made for nothing.
    if (!this.#isGone) this.#break(new ClientError(this.#isReady ? 'closed-early' : 'connect-failed'))
  }

  // Sending.

  #sendWhole(head: string, body: Uint8Array): void {
    if (head.length + body.byteLength <= MAX_JOINED_BYTES) {
      writeJoined(this.#outlet, head, body, '')
      return
    }
    this.#outlet.together(() => {
      this.#outlet.write(head)
      this.#outlet.write(body)
    })
  }

  send(before: string, bytes: Uint8Array, after: string): boolean {
    const hasRoom = writeJoined(this.#outlet, before, bytes, after)
    if (!hasRoom && this.#body === undefined) this.#await('body', this.#bodyIdleMillis)
    return hasRoom
  }

  onSent(): void {
    this.#isSent = true
    this.#writer = undefined
    if (this.#body === undefined) this.#await('head', this.#headMillis)
  }

  onSendingFailed(error: ClientError): void {
    this.#break(error)
  }

  // The response.

  onInterim(head: ResponseHead): void {
    if (head.status === 103) this.#transfer?.request.inform?.(head.status, head.fields)
  }

  onWhole(head: ResponseHead, content: WholeBody | undefined, trailers: Trailers | undefined): void {
    this.#note(head)
    this.#isEnded = true
    this.#transfer?.respond(new WholeResponse(head, content, trailers))
  }

  onStream(head: ResponseHead, trailers: Trailers | undefined): void {
    this.#note(head)
    const isOwn = this.#transfer?.request.timeouts?.bodyIdleMillis !== undefined
    if (!isOwn && isEventStream(head.fields)) this.#bodyIdleMillis = this.#limits.eventStreamIdleTimeoutMillis
    this.#body = new StreamedBody(this)
    this.#await('body', this.#bodyIdleMillis)
    this.#transfer?.respond({ status: head.status, fields: head.fields, body: this.#body, trailers })
  }

  /** The connection is no longer one of HTTP, nor ours, if the server proves that it means that (RFC 6455 §4.1). */
  onSwitch(head: ResponseHead, rest: Buffer): void {
    const transfer = this.#transfer
    if (transfer === undefined || !isAccepted(head, transfer.head.handshakeKey ?? '')) {
      this.#break(new ClientError('bad-upgrade'))
      return
    }
    this.#isGone = true
    this.#transfer = undefined
    this.#tunnel = new SocketTunnel(this.#socket, rest)
    this.#owner.onGone(this, undefined)
    transfer.finish()
    transfer.respond({
      status: head.status,
      fields: withoutHandshake(head.fields),
      body: undefined,
      tunnel: this.#tunnel,
    })
  }

  #note(head: ResponseHead): void {
    const { keepAliveMillis, maxKeepAliveMillis } = this.#limits
    // A server that was asked to change the protocol may believe that it did: nothing else is said to it.
    this.#mayStay = head.keepAlive && this.#transfer?.head.handshakeKey === undefined
    this.#idleMillis =
      head.idleSeconds === undefined
        ? keepAliveMillis
        : Math.min(head.idleSeconds * 1_000 - HINT_MARGIN_MILLIS, maxKeepAliveMillis)
    if (this.#isSent || head.status < 400) return
    // It is refused before all of it was seen: the rest would be sent for nothing (RFC 9112 §9.3).
    this.#stopSending()
  }

  onContent(bytes: Uint8Array): void {
    this.#body?.push(bytes)
  }

  onEnd(): void {
    this.#isEnded = true
    this.#body?.end()
  }

  onFailure(error: ClientError): void {
    this.#break(error)
  }

  // The response's body, as whoever reads it sees us.

  pause(): void {
    this.#isPaused = true
    this.#deadline = 0
    this.#socket.pause()
  }

  resume(): void {
    this.#isPaused = false
    this.#await('body', this.#bodyIdleMillis)
    this.#socket.resume()
  }

  abandon(): void {
    this.#break(new ClientError('aborted'))
  }

  // The end of a request, and of the connection.

  #await(what: Waiting, millis: number): void {
    this.#waiting = what
    this.#deadline = this.#clock.after(millis)
  }

  #stopSending(): void {
    this.#mayStay = false
    this.#writer?.stop()
    this.#writer = undefined
  }

  /** The response is complete, and all that came with it has been looked at. */
  #leave(): void {
    const isClean = this.#mayStay && this.#isSent && this.#reader.isIdle && this.#outlet.waitingBytes === 0
    if (!isClean) {
      this.#break(new ClientError('closed'))
      return
    }
    this.#served++
    this.#body = undefined
    this.#transfer?.finish()
    this.#transfer = undefined
    if (this.#isPaused) {
      this.#isPaused = false
      this.#socket.resume()
    }
    this.#becomeFree(this.#idleMillis)
  }

  #becomeFree(idleMillis: number): void {
    if (idleMillis <= 0) {
      this.#break(new ClientError('closed'))
      return
    }
    this.#await('idle', idleMillis)
    this.#owner.onFree(this)
  }

  #break(error: ClientError): void {
    if (this.#isGone) return
    this.#isGone = true
    this.#socket.destroy()
    this.#stopSending()
    const transfer = this.#transfer
    const body = this.#body
    this.#transfer = undefined
    this.#body = undefined
    this.#owner.onGone(this, this.#isReady ? undefined : error)
    if (transfer === undefined) return
    if (this.#isEnded || body !== undefined) {
      transfer.finish()
      body?.fail(error)
    } else if (this.#isStale(error) && transfer.isRepeatable) {
      this.#owner.onUnanswered(transfer)
    } else {
      transfer.fail(error)
    }
  }

  /** A connection that was used before ended without a byte of response: likely it was being closed while unused. */
  #isStale(error: ClientError): boolean {
    return this.#served > 0 && !this.#isAnswered && error.reason === 'closed-early'
  }

  get #isUntrusted(): boolean {
    // Null, whatever the types say, where nothing is wrong.
    return this.#socket instanceof TLSSocket && Boolean(this.#socket.authorizationError)
  }
}
