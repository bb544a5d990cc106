import type { Violation } from '@portcullis/http1/websocket/frame-reader'
import type { Tunnel } from '@portcullis/kernel/tunnel'
import type { EndReason } from '@portcullis/model/decision/ending'
import type { WebSocketTerms } from '@portcullis/policy-kit/standing/web-socket-terms'
import { closeWord } from './close-word.ts'
import { FrameBucket } from './frame-bucket.ts'
import type { StandingCall, StandingEnd } from './standing-call.ts'
import { type SideOwner, WebSocketSide } from './web-socket-side.ts'

export interface RelayOptions {
  readonly caller: Tunnel
  readonly backend: Tunnel
  readonly terms: WebSocketTerms
  /** Whether permessage-deflate was agreed upon. */
  readonly isCompressed: boolean
  /** Told once, when both connections are gone. */
  readonly over: (end: StandingEnd) => void
  /** As `performance.now()`. */
  readonly now?: () => number
}

/** How long both sides have to say goodbye (RFC 6455 §7.1.1) before they are cut off. */
const CLOSE_MILLIS = 2_000
/** How long a side may take nothing while there is something for it. */
const STALL_MILLIS = 30_000

const reasons: Readonly<Record<Violation['code'], EndReason>> = {
  1002: 'protocol-error',
  1007: 'protocol-error',
  1008: 'too-fast',
  1009: 'too-large',
}

/** Joins a caller and a backend that have both changed to WebSocket, and holds both to the terms. */
export class WebSocketRelay implements StandingCall, SideOwner {
  readonly kind = 'websocket'
  readonly now: () => number
  readonly #terms: WebSocketTerms
  readonly #over: (end: StandingEnd) => void
  readonly #caller: WebSocketSide
  readonly #backend: WebSocketSide
  readonly #bucket: FrameBucket
  readonly #began: number
  #saidAt: number
  #reason: EndReason | undefined
  #closeCode: number | undefined
  /** When what is left is cut off; 0 while nothing ends. */
  #cutAt = 0

  constructor({ caller, backend, terms, isCompressed, over, now }: RelayOptions) {
    this.now = now ?? (() => performance.now())
    this.#terms = terms
    this.#over = over
    this.#began = this.now()
    this.#saidAt = this.#began
    this.#bucket = new FrameBucket(terms.framesPerSecond, this.#began)
    const { maxFrameBytes, maxMessageBytes } = terms
    const rules = { isCompressed, maxFrameBytes, maxMessageBytes }
    this.#caller = new WebSocketSide(caller, { ...rules, isMasked: true }, this)
    this.#backend = new WebSocketSide(backend, { ...rules, isMasked: false }, this)
    this.#caller.join(this.#backend)
    this.#backend.join(this.#caller)
  }

  open(): void {
    this.#caller.tunnel.open(this.#caller)
    this.#backend.tunnel.open(this.#backend)
  }

  end(reason: EndReason): void {
    const [code, text] = closeWord(reason)
    this.#close(reason, code, text)
  }

  check(now: number): void {
    const { idleMillis, maxLifeMillis, pingMillis } = this.#terms
    if (this.#cutAt !== 0) {
      if (now >= this.#cutAt) this.#cut()
      return
    }
    if (now - this.#began >= maxLifeMillis) this.end('too-old')
    else if (now - this.#saidAt >= idleMillis) this.end('idle')
    else for (const side of [this.#caller, this.#backend]) this.#checkSide(side, now, pingMillis)
  }

  #checkSide(side: WebSocketSide, now: number, pingMillis: number): void {
    if (side.fullSince > 0 && now - side.fullSince >= STALL_MILLIS) {
      this.#note('stalled', undefined)
      this.#cut()
      return
    }
    // What we don't read can't be heard.
    if (side.isHeldBack) return
    const silence = now - side.heardAt
    if (silence >= 2 * pingMillis) this.end('silent')
    else if (silence >= pingMillis && !side.isPinged) side.ping()
  }

  // What the sides tell.

  admit(side: WebSocketSide): Violation | undefined {
    if (side !== this.#caller || this.#bucket.take(this.now())) return undefined
    return { code: 1008, reason: 'too many frames' }
  }

  onMessage(): void {
    this.#saidAt = this.now()
  }

  onViolation(_: WebSocketSide, { code, reason }: Violation): void {
    this.#close(reasons[code], code, reason)
  }

  onCloseFrame(side: WebSocketSide, code: number | undefined): void {
    this.#note(side === this.#caller ? 'closed-by-caller' : 'closed-by-backend', code)
    this.#begun()
    if (this.#caller.hasClosed && this.#backend.hasClosed) this.#endBoth()
  }

  onGone(side: WebSocketSide): void {
    this.#note(side === this.#caller ? 'caller-gone' : 'backend-gone', undefined)
    this.#begun()
    this.#endBoth()
  }

  onClosed(side: WebSocketSide): void {
    if (this.#caller.isClosed && this.#backend.isClosed) this.#tell()
    else {
      this.#note(side === this.#caller ? 'caller-gone' : 'backend-gone', undefined)
      this.#begun()
      const other = side === this.#caller ? this.#backend : this.#caller
      other.tunnel.destroySoon()
    }
  }

  #close(reason: EndReason, code: number, text: string): void {
    if (this.#cutAt !== 0) return
    this.#note(reason, code)
    this.#begun()
    this.#caller.close(code, text)
    this.#backend.close(code, text)
  }

  #note(reason: EndReason, code: number | undefined): void {
    if (this.#reason !== undefined) return
    this.#reason = reason
    this.#closeCode = code
  }

  #begun(): void {
    if (this.#cutAt === 0) this.#cutAt = this.now() + CLOSE_MILLIS
  }

  #endBoth(): void {
    this.#caller.tunnel.end()
    this.#backend.tunnel.end()
  }

  #cut(): void {
    this.#begun()
    this.#caller.tunnel.destroy()
    this.#backend.tunnel.destroy()
  }

  #tell(): void {
    const traffic = ({ reader: { frames, bytes } }: WebSocketSide) => ({ frames, bytes })
    this.#over({
      reason: this.#reason ?? 'caller-gone',
      closeCode: this.#closeCode,
      fromCaller: traffic(this.#caller),
      fromBackend: traffic(this.#backend),
    })
  }
}
