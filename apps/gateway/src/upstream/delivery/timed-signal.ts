import { LightSignal, type Signal } from '@portcullis/kernel/signal'

/** A caller's signal with a time of its own. Without a time it is the caller's signal itself and costs nothing. */
export class TimedSignal {
  readonly signal: Signal
  isTimedOut = false
  readonly #caller: Signal
  readonly #own: LightSignal | undefined
  #timer: NodeJS.Timeout | undefined

  static over(caller: Signal, millis: number): TimedSignal {
    return new TimedSignal(caller, millis)
  }

  private constructor(caller: Signal, millis: number) {
    this.#caller = caller
    if (!Number.isFinite(millis)) {
      this.signal = caller
      return
    }
    this.#own = new LightSignal()
    this.signal = this.#own
    if (caller.aborted) this.#own.abort(caller.reason)
    else caller.addEventListener('abort', this.#follow)
    this.#timer = setTimeout(
      () => {
        this.isTimedOut = true
        this.#own?.abort()
      },
      Math.max(0, millis),
    )
  }

  /** The time no longer matters; the caller still does. */
  stopClock(): void {
    clearTimeout(this.#timer)
  }

  /** Nothing is under way any more. */
  release(): void {
    clearTimeout(this.#timer)
    this.#caller.removeEventListener('abort', this.#follow)
  }

  readonly #follow = (): void => this.#own?.abort(this.#caller.reason)
}
