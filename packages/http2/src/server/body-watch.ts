import type { IncomingBody } from '../body/incoming-body.ts'
import type { ServerContext } from './server-context.ts'

/** Keeps the time of a request's body: all of it, and how much comes in every window in which we were ready for it. */
export class BodyWatch {
  readonly #body: IncomingBody
  readonly #context: ServerContext
  readonly #deadline: number
  #windowEnd: number
  #bytes = 0

  constructor(body: IncomingBody, context: ServerContext) {
    this.#body = body
    this.#context = context
    this.#deadline = context.after(context.limits.requestTimeoutMillis)
    this.#windowEnd = context.after(context.limits.bodyWindowMillis)
  }

  onContent(bytes: number): void {
    this.#bytes += bytes
  }

  /** The sender was told only now that the body is wanted. */
  restart(): void {
    this.#bytes = 0
    this.#windowEnd = this.#context.after(this.#context.limits.bodyWindowMillis)
  }

  isTooSlow(now: number): boolean {
    if (now >= this.#deadline) return true
    if (now < this.#windowEnd) return false
    const { minBodyBytesPerSecond, bodyWindowMillis } = this.#context.limits
    const isSlow = this.#bytes < (minBodyBytesPerSecond * bodyWindowMillis) / 1000
    this.restart()
    return isSlow && this.#body.isReady
  }
}
