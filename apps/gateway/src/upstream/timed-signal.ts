/** A caller's signal with a time of its own. Without a time it is the caller's signal itself and costs nothing. */
export class TimedSignal {
  readonly signal: AbortSignal
  isTimedOut = false
  readonly #caller: AbortSignal
  readonly #controller: AbortController | undefined
  #timer: NodeJS.Timeout | undefined

  static over(caller: AbortSignal, millis: number): TimedSignal {
    return new TimedSignal(caller, millis)
  }

  private constructor(caller: AbortSignal, millis: number) {
    this.#caller = caller
    if (!Number.isFinite(millis)) {
      this.signal = caller
      return
    }
    this.#controller = new AbortController()
    this.signal = this.#controller.signal
    if (caller.aborted) this.#controller.abort(caller.reason)
    else caller.addEventListener('abort', this.#follow)
    this.#timer = setTimeout(
      () => {
        this.isTimedOut = true
        this.#controller?.abort()
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

  readonly #follow = (): void => this.#controller?.abort(this.#caller.reason)
}
