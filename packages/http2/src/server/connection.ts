import {
  constants,
  performServerHandshake,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2'
import type { Socket } from 'node:net'
import { Crowd, type Seat } from '@portcullis/kernel/crowd'
import { readRequestHead } from '../head/read-request-head.ts'
import { Budget } from './budget.ts'
import { Call, type CallOwner } from './call.ts'
import type { ConnectionState, Peer, Refusal, ServerContext } from './server-context.ts'

const { NGHTTP2_ENHANCE_YOUR_CALM, NGHTTP2_FLAG_END_STREAM } = constants
const NEVER = Number.POSITIVE_INFINITY

/** All streams of a connection together: what is not read waits with each of them. */
const CONNECTION_WINDOW_BYTES = 1_048_576
/** What frames and records of TLS need around content and head, as a share of it; more for frames that are small. */
const FRAMING_SHARE = 4
/** A client answers what we send with updates of its window. */
const SENT_SHARE = 1 / 32

/** One connection of a client, with all the calls on it. */
export class Connection implements CallOwner {
  readonly peer: Peer
  readonly #socket: Socket
  readonly #session: ServerHttp2Session
  readonly #context: ServerContext
  readonly #calls = new Crowd<Call>()
  readonly #seat: Seat<Connection>
  readonly #resets: Budget
  readonly #control: Budget
  readonly #overhead: Budget
  #taken = 0
  #idleDeadline: number
  /** Of head and content since the last look. */
  #usefulBytes = 0
  #seenBytes = 0
  #sentBytes = 0
  #isClosing = false

  constructor(socket: Socket, peer: Peer, context: ServerContext) {
    const { limits } = context
    const now = performance.now()
    this.peer = peer
    this.#socket = socket
    this.#context = context
    this.#resets = new Budget(limits.maxResets, limits.resetsPerSecond, now)
    this.#control = new Budget(limits.maxControlFrames, limits.controlFramesPerSecond, now)
    this.#overhead = new Budget(limits.maxOverheadBytes, limits.overheadBytesPerSecond, now)
    this.#idleDeadline = context.after(limits.headTimeoutMillis)
    // A client that sends no more gets no more: HTTP/2 knows no half of a connection.
    socket.allowHalfOpen = false
    this.#session = performServerHandshake(socket, sessionOptions(context))
    this.#seat = context.connections.join(this)
    context.accepted++
    this.#session.setLocalWindowSize(CONNECTION_WINDOW_BYTES)
    this.#session.on('stream', (stream, _, flags, raw) => this.#onStream(stream, flags, raw))
    this.#session.on('ping', () => this.#onControl())
    this.#session.on('remoteSettings', () => this.#onControl())
    this.#session.on('error', () => this.#onBreach())
    this.#session.on('close', () => this.#onClose())
    if (context.isDraining) this.drain()
  }

  /** Takes no further call, says so, and closes after the last one. */
  drain(): void {
    if (this.#isClosing) return
    this.#isClosing = true
    this.#session.close()
  }

  cut(): void {
    this.#session.destroy()
  }

  get state(): ConnectionState {
    if (this.#isClosing) return 'closing'
    return this.#calls.size === 0 ? 'idle' : 'busy'
  }

  /** Acts on deadlines that are over. */
  check(now: number): void {
    if (!this.#overhead.spend(this.#takeOverhead(), performance.now())) {
      this.#closeFor('control-flood')
      return
    }
    this.#calls.each((call) => call.check(now))
    if (now >= this.#idleDeadline) {
      if (this.#isClosing) this.cut()
      else this.#closeIdle()
    }
  }

  onContent(bytes: number): void {
    this.#usefulBytes += bytes
  }

  onCallEnded(call: Call, isBroken: boolean): void {
    if (call.seat !== undefined) this.#calls.leave(call.seat)
    this.#context.requests--
    if (this.#calls.size === 0) this.#idleDeadline = this.#context.after(this.#context.limits.keepAliveMillis)
    if (isBroken) this.#onReset()
  }

  #onStream(stream: ServerHttp2Stream, flags: number, raw: readonly string[]): void {
    const { limits } = this.#context
    for (const each of raw) this.#usefulBytes += each.length
    // It may have been taken back in the same breath.
    if (stream.destroyed || stream.closed) {
      stream.on('error', () => undefined)
      this.#onReset()
      return
    }
    const endsStream = (flags & NGHTTP2_FLAG_END_STREAM) !== 0
    this.#idleDeadline = NEVER
    this.#context.requests++
    const call = new Call(stream, readRequestHead(raw, endsStream, limits), endsStream, this, this.#context)
    call.seat = this.#calls.join(call)
    if (++this.#taken >= limits.maxRequestsPerConnection && !this.#isClosing) {
      this.#context.count('too-many-requests')
      this.drain()
    }
    call.begin()
  }

  /** A call that ended although nobody here ended it. */
  #onReset(): void {
    if (!this.#session.destroyed && !this.#resets.spend(1, performance.now()))
      this.#closeFor('too-many-resets')
  }

  #onControl(): void {
    if (!this.#control.spend(1, performance.now())) this.#closeFor('control-flood')
  }

  /** Bytes since the last look that were neither head nor content, beyond what frames need. */
  #takeOverhead(): number {
    const { bytesRead, bytesWritten } = this.#socket
    const read = bytesRead - this.#seenBytes
    const written = bytesWritten - this.#sentBytes
    const useful = this.#usefulBytes
    this.#seenBytes = bytesRead
    this.#sentBytes = bytesWritten
    this.#usefulBytes = 0
    return Math.max(0, read - useful * (1 + FRAMING_SHARE) - written * SENT_SHARE)
  }

  #closeIdle(): void {
    this.drain()
    this.#idleDeadline = this.#context.after(this.#context.limits.stallTimeoutMillis)
  }

  #closeFor(refusal: Refusal): void {
    if (this.#session.destroyed) return
    this.#isClosing = true
    this.#context.count(refusal)
    // The word of it goes along, for whoever has to find out (RFC 9113 §6.8).
    this.#session.goaway(NGHTTP2_ENHANCE_YOUR_CALM, 0, Buffer.from(refusal))
    this.#session.destroy(new Error(refusal), NGHTTP2_ENHANCE_YOUR_CALM)
  }

  /** What is wrong is said by the session itself (RFC 9113 §5.4.1). */
  #onBreach(): void {
    if (!this.#isClosing) this.#context.count('breach')
    this.#isClosing = true
  }

  #onClose(): void {
    this.#context.connections.leave(this.#seat)
    this.#socket.destroySoon()
  }
}

/** Harder limits under our own, for what never becomes visible as a request. */
function sessionOptions({ limits }: ServerContext) {
  return {
    maxHeaderListPairs: limits.maxFields * 2,
    maxSessionMemory: limits.maxSessionMegabytes,
    maxSessionInvalidFrames: limits.maxInvalidFrames,
    maxSessionRejectedStreams: limits.maxResets,
    maxSettings: 32,
    streamResetBurst: limits.maxResets * 2,
    streamResetRate: limits.resetsPerSecond * 2,
    // What may come once and came twice is a matter of those who read it.
    strictSingleValueFields: false,
    settings: {
      maxConcurrentStreams: limits.maxStreams,
      maxHeaderListSize: limits.maxHeadBytes * 2,
      initialWindowSize: limits.windowBytes,
      enablePush: false,
      // For WebSockets (RFC 8441 §3); a CONNECT for anything else is refused.
      enableConnectProtocol: true,
    },
  }
}
