import type { FlowingBody } from '@portcullis/http1/body/iterable-body'
import { type BodySource, StreamedBody } from '@portcullis/http1/body/streamed-body'
import type { EndReason } from '@portcullis/model/ending'
import type { StandingCall, StandingEnd } from './standing-call.ts'

/**
 * A stream of events on its way to the caller: every piece passes in the call that brought it. It can be ended between
 * two pieces; an event that is cut off is then dropped by its reader, as the standard says.
 */
export class EventStream implements StandingCall, BodySource {
  readonly kind = 'event-stream'
  /** What goes to the caller. */
  readonly body = new StreamedBody(this)
  readonly #events: FlowingBody
  #isPaused = false
  #bytes = 0
  #reason: EndReason | undefined

  constructor(events: FlowingBody, over: (end: StandingEnd) => void) {
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
    this.body.end()
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
