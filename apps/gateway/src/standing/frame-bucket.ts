/** How many frames may come: so many a second on average, and as many at once after a pause. */
export class FrameBucket {
  readonly #perSecond: number
  #left: number
  #filledAt: number

  constructor(perSecond: number, now: number) {
    this.#perSecond = perSecond
    this.#left = perSecond
    this.#filledAt = now
  }

  take(now: number): boolean {
    const refilled = this.#left + ((now - this.#filledAt) / 1000) * this.#perSecond
    this.#left = Math.min(this.#perSecond, refilled)
    this.#filledAt = now
    if (this.#left < 1) return false
    this.#left--
    return true
  }
}
