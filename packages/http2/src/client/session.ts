import { type ClientHttp2Session, connect } from 'node:http2'
import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import type { LookClock } from '../look-clock.ts'
import { ClientError } from './client-error.ts'
import type { ClientLimits } from './client-limits.ts'
import type { Transfer } from './transfer.ts'

const NEVER = Number.POSITIVE_INFINITY

/** Whose connection it is. */
export interface SessionOwner {
  /** It has room, for the first time or again. */
  onRoom(): void
  /** It takes nothing more. `error` says why where it never did. */
  onGone(session: Session, error: ClientError | undefined): void
}

/** One connection to a server, with all the requests on it. */
export class Session {
  readonly #socket: Socket
  readonly #limits: ClientLimits
  readonly #clock: LookClock
  readonly #owner: SessionOwner
  readonly #transfers = new Set<Transfer>()
  #http2: ClientHttp2Session | undefined
  #isReady = false
  #isClosing = false
  #isGone = false
  #lastStream = NEVER
  #idleUntil: number
  #pingAt = NEVER
  readonly #retireAt: number
  #deadline: number

  constructor(origin: string, socket: Socket, limits: ClientLimits, clock: LookClock, owner: SessionOwner) {
    this.#socket = socket
    this.#limits = limits
    this.#clock = clock
    this.#owner = owner
    this.#idleUntil = clock.after(limits.keepAliveMillis)
    this.#deadline = clock.after(limits.connectTimeoutMillis)
    this.#retireAt = clock.after(limits.maxConnectionAgeMillis)
    const isTls = socket instanceof TLSSocket
    socket.once('error', (error) => this.#onSocketFailed(error))
    socket.once('close', () => this.#end(new ClientError(this.#isReady ? 'closed-early' : 'connect-failed')))
    socket.once(isTls ? 'secureConnect' : 'connect', () => {
      if (isTls && socket.alpnProtocol !== 'h2') this.#end(new ClientError('no-http2'))
      else this.#open(origin)
    })
  }

  get http2(): ClientHttp2Session {
    if (this.#http2 === undefined) throw new Error('the session is not open')
    return this.#http2
  }

  get isConnecting(): boolean {
    return !this.#isReady && !this.#isGone
  }

  get isIdle(): boolean {
    return this.#isReady && this.#transfers.size === 0
  }

  get isOver(): boolean {
    return this.#isGone
  }

  get hasRoom(): boolean {
    if (!this.#isReady || this.#isClosing || this.#isGone) return false
    const allowed = this.#http2?.remoteSettings.maxConcurrentStreams ?? 0
    return this.#transfers.size < Math.min(allowed, this.#limits.maxStreamsPerSession)
  }

  /** Whether the server said that it does nothing with that stream (RFC 9113 §6.8). */
  isBeyondLast(stream: number | undefined): boolean {
    return stream !== undefined && stream > this.#lastStream
  }

  take(transfer: Transfer): void {
    this.#transfers.add(transfer)
    transfer.start(this)
  }

  leave(transfer: Transfer): void {
    if (!this.#transfers.delete(transfer)) return
    this.#idleUntil = this.#clock.after(this.#limits.keepAliveMillis)
    if (!this.#isClosing) this.#owner.onRoom()
  }

  check(now: number): void {
    if (now >= this.#deadline) {
      this.#end(new ClientError(this.#isReady ? 'closed-early' : 'connect-timeout'))
      return
    }
    for (const transfer of this.#transfers) transfer.check(now)
    if (!this.#isReady || this.#isClosing) return
    if (now >= this.#retireAt) this.#retire()
    else if (this.#transfers.size === 0) {
      if (now >= this.#idleUntil) this.#retire()
    } else if (now >= this.#pingAt) this.#ping()
  }

  close(): void {
    this.#end(new ClientError('closed'))
  }

  #open(origin: string): void {
    const { windowBytes, maxFields, maxHeadBytes } = this.#limits
    const options = {
      createConnection: () => this.#socket,
      maxHeaderListPairs: maxFields * 2,
      settings: { enablePush: false, initialWindowSize: windowBytes, maxHeaderListSize: maxHeadBytes * 2 },
      // What may come once and came twice is a matter of those who read it.
      strictSingleValueFields: false,
    }
    const http2 = connect(origin, options)
    this.#http2 = http2
    http2.on('connect', () => http2.setLocalWindowSize(windowBytes * 4))
    http2.once('remoteSettings', () => this.#onReady())
    http2.on('error', (error) => this.#onSocketFailed(error))
    http2.on('goaway', (_, last: number) => {
      this.#lastStream = last
      this.#retire()
    })
    http2.on('close', () => this.#end(new ClientError(this.#isReady ? 'closed-early' : 'connect-failed')))
  }

  #onReady(): void {
    if (this.#isGone) return
    this.#isReady = true
    this.#deadline = NEVER
    this.#pingAt = this.#clock.after(this.#limits.pingMillis)
    this.#owner.onRoom()
  }

  /** One at a time: another would put off the end of waiting for the first. */
  #ping(): void {
    if (this.#deadline !== NEVER) return
    this.#pingAt = this.#clock.after(this.#limits.pingMillis)
    this.#deadline = this.#clock.after(this.#limits.pingTimeoutMillis)
    this.#http2?.ping((error) => {
      if (error === null) this.#deadline = NEVER
    })
  }

  /** Takes nothing more; what is under way goes on. */
  #retire(): void {
    if (this.#isClosing || this.#isGone) return
    this.#isClosing = true
    this.#http2?.close()
    this.#owner.onGone(this, undefined)
  }

  #onSocketFailed(error: Error): void {
    const isUntrusted = this.#socket instanceof TLSSocket && Boolean(this.#socket.authorizationError)
    if (this.#isReady) this.#end(new ClientError('closed-early', error))
    else this.#end(new ClientError(isUntrusted ? 'untrusted' : 'connect-failed', error))
  }

  #end(error: ClientError): void {
    if (this.#isGone) return
    this.#isGone = true
    // Streams tell of their end themselves, and what the server did not begin with goes elsewhere.
    this.#http2?.destroy()
    this.#socket.on('error', () => undefined)
    this.#socket.destroy()
    if (error.reason === 'closed') for (const each of [...this.#transfers]) each.fail(error)
    if (!this.#isClosing) this.#owner.onGone(this, this.#isReady ? undefined : error)
    this.#isClosing = true
  }
}
