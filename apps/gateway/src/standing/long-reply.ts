import type { FlowingBody } from '@portcullis/http1/body/iterable-body'
import { type BodySource, StreamedBody } from '@portcullis/http1/body/streamed-body'
import type { EndReason } from '@portcullis/model/decision/ending'
import type { StandingCall, StandingEnd } from './standing-call.ts'

/** That a reply was ended before its backend had ended it. */
export class ReplyEnded extends Error {
  override readonly name = 'ReplyEnded'
  readonly reason: EndReason

  constructor(reason: EndReason) {
    super(`the gateway ended it: ${reason}`)
    this.reason = reason
  }
}

/**
 * A reply on its way to the caller that may take long: every piece passes in the call that brought it. It can be ended
 * between two pieces. Of a stream of events that is a good end: its reader drops an event that is cut off, as the standard
 * says. Any other reply breaks off, so that nobody takes what is there for the whole.
 */
export class LongReply implements StandingCall, BodySource {
  readonly kind: 'event-stream' | 'reply'
  /** What goes to the caller. */
  readonly body = new StreamedBody(this)
  readonly #events: FlowingBody
  #isPaused = false
  #bytes = 0
  #reason: EndReason | undefined

  constructor(kind: LongReply['kind'], events: FlowingBody, over: (end: StandingEnd) => void) {
    this.kind = kind
    this.#events = events
    this.body.whenOver(() =>
      over({
        reason: this.#reason ?? 'caller-gone',
        fromCaller: { bytes: 0 },
        fromBackend: { bytes: this.#bytes },
      }),
    )
  }

  end(reason: EndReason): void {
    this.#reason ??= reason
    this.#events.abandon()
    if (this.kind === 'event-stream') this.body.end()
    else this.body.fail(new ReplyEnded(reason))
  }

  /** The client and the server of HTTP keep the times. */
  check(): void {}

  // The side of the caller.

  begin(): void {
    this.#events.flowTo({
      write: (bytes) => {
        this.#bytes += bytes.byteLength
        this.body.push(bytes)
        return !this.#isPaused
      },
      end: () => {
        this.#reason ??= 'closed-by-backend'
        this.body.end()
      },
      fail: (error) => {
        this.#reason ??= isGivenUp(error) ? 'caller-gone' : 'backend-gone'
        this.body.fail(error)
      },
    })
  }

  pause(): void {
    this.#isPaused = true
  }

  resume(): void {
    this.#isPaused = false
    this.#events.resume()
  }

  abandon(): void {
    this.#reason ??= 'caller-gone'
    this.#events.abandon()
  }
}

/** By the signal of the caller's request, and not by the backend; so both clients of HTTP say. */
function isGivenUp(error: Error): boolean {
  return 'reason' in error && error.reason === 'aborted'
}
