import type { IncomingBody } from './incoming-body.ts'
import type { ServerContext } from './server-context.ts'

/** Watches that a body comes in time: a least rate in every window in which we were ready for it, and all of it by an end. */
export class BodyWatch {
  readonly #context: ServerContext
  readonly #body: IncomingBody
  readonly #last: number
  #windowBytes = 0
  #wasPaused = false

  constructor(body: IncomingBody, context: ServerContext) {
    this.#context = context
    this.#body = body
    this.#last = context.after(context.limits.requestTimeoutMillis)
  }

  /** Begins a window and tells its end. */
  openWindow(): number {
    this.#windowBytes = this.#body.receivedBytes
    this.#wasPaused = false
    return Math.min(this.#last, this.#context.after(this.#context.limits.bodyWindowMillis))
  }

  /** We asked to wait: nothing is held against the sender in this window. */
  onPause(): void {
    this.#wasPaused = true
  }

  /** At the end of a window. */
  isTooSlow(now: number, isReady: boolean): boolean {
    const { minBodyBytesPerSecond, bodyWindowMillis } = this.#context.limits
    const least = this.#windowBytes + (minBodyBytesPerSecond * bodyWindowMillis) / 1000
    return now >= this.#last || (isReady && !this.#wasPaused && this.#body.receivedBytes < least)
  }
}
