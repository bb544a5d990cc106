/** Who waits for something. Neither method may throw. */
export interface Taker<T> {
  take(value: T): void
  fail(thrown: unknown): void
}

/** What is there, or is still to come. */
export type Soon<T> = T | Promise<T> | Later<T>

type State = 'open' | 'brought' | 'broken'

/**
 * Something that is still to come, for one who waits. He is told within the call that brings it, where a promise takes a
 * turn for every hand through which it goes. Whoever awaits it waits as for a promise. What is said after the first word
 * counts for nothing.
 */
export class Later<T> implements PromiseLike<T> {
  #state: State = 'open'
  #what: unknown
  #taker: Taker<T> | undefined

  /** It has come. */
  bring(value: T): void {
    this.#settle('brought', value)
  }

  /** It will never come. */
  break(thrown: unknown): void {
    this.#settle('broken', thrown)
  }

  /** Comes or breaks as another does. */
  follow(soon: Soon<T>): void {
    if (isComing(soon))
      whenThere(soon, { take: (value) => this.bring(value), fail: (thrown) => this.break(thrown) })
    else this.bring(soon)
  }

  /** Tells this one, at once where it has come already. To be called once. */
  tell(taker: Taker<T>): void {
    if (this.#state === 'open') this.#taker = taker
    else if (this.#state === 'brought') taker.take(this.#what as T)
    else taker.fail(this.#what)
  }

  // biome-ignore lint/suspicious/noThenProperty: it can be awaited
  then<A = T, B = never>(
    taken?: ((value: T) => A | PromiseLike<A>) | null,
    failed?: ((thrown: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return new Promise<T>((take, fail) => this.tell({ take, fail })).then(taken, failed)
  }

  #settle(state: State, what: unknown): void {
    if (this.#state !== 'open') return
    const taker = this.#taker
    this.#state = state
    this.#what = what
    this.#taker = undefined
    if (taker !== undefined) this.tell(taker)
  }
}

export function isComing<T>(soon: Soon<T>): soon is Promise<T> | Later<T> {
  return soon instanceof Later || soon instanceof Promise
}

/** Tells a taker when it is there; at once where nothing is waited for. */
export function whenThere<T>(soon: Soon<T>, taker: Taker<T>): void {
  if (soon instanceof Later) soon.tell(taker)
  else if (soon instanceof Promise) {
    soon.then(
      (value) => taker.take(value),
      (thrown) => taker.fail(thrown),
    )
  } else taker.take(soon)
}

/** The same, changed when it is there. What `change` throws is what it breaks with. */
export function changed<T, R>(soon: Soon<T>, change: (value: T) => R): Soon<R> {
  if (soon instanceof Later) {
    const later = new Changed(change)
    soon.tell(later)
    return later
  }
  return soon instanceof Promise ? soon.then(change) : change(soon)
}

class Changed<T, R> extends Later<R> implements Taker<T> {
  readonly #change: (value: T) => R

  constructor(change: (value: T) => R) {
    super()
    this.#change = change
  }

  take(value: T): void {
    let result: R
    try {
      result = this.#change(value)
    } catch (thrown) {
      this.break(thrown)
      return
    }
    this.bring(result)
  }

  fail(thrown: unknown): void {
    this.break(thrown)
  }
}
