/**
 * What is used of an AbortSignal here, so that something lighter can stand in for one: a signal of the platform costs
 * more than all that a gateway does with most calls, and hardly any call is ever given up.
 */
export interface Signal {
  readonly aborted: boolean
  readonly reason?: unknown
  /** Tells once, and never of what was before: ask `aborted` first. */
  addEventListener(type: 'abort', listener: SignalListener): void
  removeEventListener(type: 'abort', listener: SignalListener): void
}

export type SignalListener = (() => void) | { handleEvent(): void }

/** A signal that whoever made it gives. */
export class LightSignal implements Signal {
  aborted = false
  reason: unknown
  #listeners: SignalListener | Set<SignalListener> | undefined

  addEventListener(_: 'abort', listener: SignalListener): void {
    if (this.aborted) return
    const known = this.#listeners
    if (known === undefined) this.#listeners = listener
    else if (known instanceof Set) known.add(listener)
    else this.#listeners = new Set([known, listener])
  }

  removeEventListener(_: 'abort', listener: SignalListener): void {
    if (this.#listeners === listener) this.#listeners = undefined
    else if (this.#listeners instanceof Set) this.#listeners.delete(listener)
  }

  /** Tells everybody who listens, in the order in which they came; only the first time. A listener must not throw. */
  abort(reason?: unknown): void {
    if (this.aborted) return
    this.aborted = true
    this.reason = reason ?? new DOMException('This operation was aborted', 'AbortError')
    const listeners = this.#listeners
    this.#listeners = undefined
    if (listeners === undefined) return
    for (const each of listeners instanceof Set ? listeners : [listeners]) {
      if (typeof each === 'function') each()
      else each.handleEvent()
    }
  }
}

/** The same as a signal of the platform, for what takes no other. */
export function abortSignalOf(signal: Signal): AbortSignal {
  if (signal instanceof AbortSignal) return signal
  const controller = new AbortController()
  if (signal.aborted) controller.abort(signal.reason)
  else signal.addEventListener('abort', () => controller.abort(signal.reason))
  return controller.signal
}
