/** Others write too, such as the authorization server, perhaps in another process: this late is that told at most. */
const LOOK_MILLIS = 250

/** Those who want to be told, and a look around again and again while there is one of them. */
export class Listeners<L> {
  readonly #look: () => Promise<void>
  readonly #all = new Set<L>()
  #timer: NodeJS.Timeout | undefined

  constructor(look: () => Promise<void>) {
    this.#look = look
  }

  /** The answer ends it. */
  listen(listener: L): () => void {
    this.#all.add(listener)
    this.#timer ??= setInterval(() => void this.#look(), LOOK_MILLIS).unref()
    return () => {
      this.#all.delete(listener)
      if (this.#all.size > 0) return
      clearInterval(this.#timer)
      this.#timer = undefined
    }
  }

  [Symbol.iterator](): Iterator<L> {
    return this.#all.values()
  }
}
