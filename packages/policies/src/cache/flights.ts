/** Longer than this nobody waits for what another call fetches. */
const MAX_WAIT_MILLIS = 5_000
/** How long it is remembered that a reply could not be kept, so that nobody waits for the next one in vain. */
const REFUSED_MILLIS = 30_000
const MAX_REFUSED = 10_000

/** One call that fetches what others wait for. */
export interface Flight {
  /** Lets those who wait look again. `isInVain`: such a reply cannot be kept, so that the next need not wait. */
  land(isInVain?: boolean): void
}

interface Waiting {
  readonly landed: Promise<void>
}

/** Calls under way whose replies others want too. */
export class Flights {
  readonly #waiting = new Map<string, Waiting>()
  /** When it is worth waiting again for a key. */
  readonly #refused = new Map<string, number>()

  /** The end of a flight for this key; `undefined` where there is none, or where waiting would be in vain. */
  join(key: string, now: number): Promise<void> | undefined {
    return this.#isRefused(key, now) ? undefined : this.#waiting.get(key)?.landed
  }

  isUnderWay(key: string): boolean {
    return this.#waiting.has(key)
  }

  begin(key: string, now: () => number): Flight {
    const { promise, resolve } = Promise.withResolvers<void>()
    const waiting: Waiting = { landed: promise }
    this.#waiting.set(key, waiting)
    const end = (): void => {
      clearTimeout(timer)
      if (this.#waiting.get(key) === waiting) this.#waiting.delete(key)
      resolve()
    }
    const timer = setTimeout(end, MAX_WAIT_MILLIS).unref()
    return {
      land: (isInVain = false) => {
        if (isInVain) this.#refuse(key, now() + REFUSED_MILLIS)
        end()
      },
    }
  }

  #isRefused(key: string, now: number): boolean {
    const until = this.#refused.get(key)
    if (until === undefined) return false
    if (now < until) return true
    this.#refused.delete(key)
    return false
  }

  #refuse(key: string, until: number): void {
    this.#refused.delete(key)
    this.#refused.set(key, until)
    const oldest = this.#refused.keys().next()
    if (this.#refused.size > MAX_REFUSED && oldest.done !== true) this.#refused.delete(oldest.value)
  }
}
