/**
 * Counts time in ticks of one timer for all deadlines of a client: setting a deadline is an addition and keeps nothing.
 * A deadline is never met early; late by two ticks at most, and by what holds up the process.
 */
export class CoarseClock {
  readonly #tickMillis: number
  readonly #onTick: () => void
  #timer: NodeJS.Timeout | undefined
  /** Ticks so far. */
  now = 1

  constructor(tickMillis: number, onTick: () => void) {
    this.#tickMillis = tickMillis
    this.#onTick = onTick
  }

  /** The tick at which so much time has passed for certain: that under way does not count. */
  after(millis: number): number {
    return this.now + 1 + Math.ceil(millis / this.#tickMillis)
  }

  /** Runs until stopped; keeps no process alive. */
  start(): void {
    if (this.#timer !== undefined) return
    this.#timer = setInterval(() => {
      this.now++
      this.#onTick()
    }, this.#tickMillis).unref()
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
  }
}

/** A fifth of the shortest time, so that it lasts hardly longer, but not so often that it costs. */
export function tickMillisFor(times: readonly number[]): number {
  return Math.min(250, Math.max(5, Math.floor(Math.min(...times) / 5)))
}
