/** So much at once, and so much more with every second: what may happen on a connection that does no harm. */
export class Budget {
  readonly #burst: number
  readonly #perSecond: number
  #left: number
  #at: number

  constructor(burst: number, perSecond: number, now: number) {
    this.#burst = burst
    this.#perSecond = perSecond
    this.#left = burst
    this.#at = now
  }

  /** Takes so much of it at that time, in milliseconds; false when there was less. */
  spend(amount: number, now: number): boolean {
    const grown = ((now - this.#at) / 1000) * this.#perSecond
    this.#left = Math.min(this.#burst, this.#left + grown) - amount
    this.#at = now
    return this.#left >= 0
  }
}
