/**
 * A map that forgets what was not asked for in a while, so that it never holds more than `capacity` values. It keeps two
 * generations: what is asked for moves to the young one, and when that is full the old one is dropped as a whole.
 * So nothing has to be sorted, and most look-ups change nothing.
 */
export class RecentMap<T> {
  readonly #half: number
  #young = new Map<string, T>()
  #old = new Map<string, T>()

  /** @throws RangeError unless `capacity` is a whole number of at least 2. */
  constructor(capacity: number) {
    if (!Number.isSafeInteger(capacity) || capacity < 2) {
      throw new RangeError(`a capacity is a whole number of at least 2, not ${capacity}`)
    }
    this.#half = Math.floor(capacity / 2)
  }

  get size(): number {
    return this.#young.size + this.#old.size
  }

  get(key: string): T | undefined {
    const young = this.#young.get(key)
    if (young !== undefined) return young
    const old = this.#old.get(key)
    if (old !== undefined) this.set(key, old)
    return old
  }

  set(key: string, value: T): void {
    this.#old.delete(key)
    if (this.#young.size >= this.#half && !this.#young.has(key)) {
      this.#old = this.#young
      this.#young = new Map()
    }
    this.#young.set(key, value)
  }

  delete(key: string): void {
    this.#young.delete(key)
    this.#old.delete(key)
  }
}
