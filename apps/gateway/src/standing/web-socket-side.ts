import { CLOSE, closePayload, controlFrame, PING, PONG, readClose } from '@portcullis/http1/websocket/frame'
import {
  type FrameEvents,
  FrameReader,
  type FrameRules,
  type Violation,
} from '@portcullis/http1/websocket/frame-reader'
import type { Tunnel, TunnelEvents } from '@portcullis/kernel/tunnel'

/** Who joins two sides. */
export interface SideOwner {
  now(): number
  admit(side: WebSocketSide): Violation | undefined
  onMessage(): void
  onViolation(side: WebSocketSide, violation: Violation): void
  onCloseFrame(side: WebSocketSide, code: number | undefined): void
  onGone(side: WebSocketSide): void
  onClosed(side: WebSocketSide): void
}

/** One side of a relayed WebSocket: what comes from it goes to the other, as long as it keeps to the rules. */
export class WebSocketSide implements TunnelEvents, FrameEvents {
  readonly tunnel: Tunnel
  readonly reader: FrameReader
  readonly #owner: SideOwner
  /** Frames to a server are masked (RFC 6455 §5.1). */
  readonly #masks: boolean
  #other: WebSocketSide | undefined
  /** When something last came. */
  heardAt: number
  /** Since when it takes nothing; 0 when it does. */
  fullSince = 0
  isClosed = false
  /** A close frame has come from it. */
  hasClosed = false
  /** A close frame has gone to it: nothing more does. */
  #isTold = false
  /** A close frame that waits for the end of a frame that is under way to this side. */
  #word: Buffer | undefined
  /** The payload of our last ping, by which its answer is known. */
  #pinged: Buffer | undefined
  #pings = 0
  #isAsked = false

  constructor(tunnel: Tunnel, rules: FrameRules, owner: SideOwner) {
    this.tunnel = tunnel
    this.#owner = owner
    this.#masks = !rules.isMasked
    this.reader = new FrameReader(rules, this)
    this.heardAt = owner.now()
  }

  join(other: WebSocketSide): void {
    this.#other = other
  }

  /** Whether it was pinged since something last came. */
  get isPinged(): boolean {
    return this.#isAsked
  }

  /** Whether we are not reading because the other side takes nothing. */
  get isHeldBack(): boolean {
    return this.#other !== undefined && this.#other.fullSince > 0
  }

  /** Tells it that the connection closes, at the next boundary between frames. */
  close(code: number, reason: string): void {
    if (this.#isTold || this.#word !== undefined) return
    this.#word = controlFrame(CLOSE, closePayload(code, reason), this.#masks)
    this.#say()
  }

  /** Asks whether it is there, unless a frame is under way to it: then something else is wrong. */
  ping(): void {
    if (this.#isTold || this.#other?.reader.isAtBoundary !== true) return
    this.#isAsked = true
    this.#pinged = Buffer.from(`portcullis ${++this.#pings}`)
    this.#write(controlFrame(PING, this.#pinged, this.#masks))
  }

  // What comes from it.

  onBytes(bytes: Buffer): void {
    this.heardAt = this.#owner.now()
    this.#isAsked = false
    const violation = this.reader.read(bytes)
    if (violation !== undefined) this.#owner.onViolation(this, violation)
    this.#other?.onBoundary()
  }

  admit(): Violation | undefined {
    return this.#owner.admit(this)
  }

  onData(bytes: Buffer): void {
    this.#owner.onMessage()
    this.#other?.take(bytes)
  }

  onControl(opcode: number, payload: Buffer, frame: Buffer): void {
    if (opcode === CLOSE) {
      this.hasClosed = true
      this.#other?.takeClose(frame)
      this.#owner.onCloseFrame(this, readClose(payload)?.code)
    } else if (opcode === PONG && this.#pinged?.equals(payload)) this.#pinged = undefined
    else this.#other?.take(frame)
  }

  onRoom(): void {
    this.fullSince = 0
    this.#other?.tunnel.resume()
  }

  onEnd(): void {
    this.#owner.onGone(this)
  }

  onClose(): void {
    this.isClosed = true
    this.#owner.onClosed(this)
  }

  // What goes to it, from the other side.

  take(bytes: Buffer): void {
    if (!this.#isTold) this.#write(bytes)
  }

  takeClose(frame: Buffer): void {
    if (this.#isTold) return
    this.#write(frame)
    this.#isTold = true
    this.#word = undefined
  }

  /** What has gone to it may be whole frames now. */
  onBoundary(): void {
    if (this.#word !== undefined) this.#say()
  }

  #say(): void {
    if (this.#word === undefined || this.#other?.reader.isAtBoundary !== true) return
    this.#write(this.#word)
    this.#word = undefined
    this.#isTold = true
  }

  #write(bytes: Buffer): void {
    if (this.isClosed || this.tunnel.write(bytes) || this.fullSince > 0) return
    this.fullSince = this.#owner.now()
    this.#other?.tunnel.pause()
  }
}
