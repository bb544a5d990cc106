import { revocationPosition } from '@portcullis/oauth/revocation-log'
import type { Log } from '@portcullis/ports/log/port'
import type { Store } from '@portcullis/ports/store/port'

/** The authorization server revokes too, perhaps in another process: this late is that told at most. */
const LOOK_MILLIS = 250

export type PositionListener = (position: number) => void

/** Tells of new revocations, whoever made them, while somebody listens. */
export class PositionWatch {
  readonly #store: Store
  readonly #log: Log
  readonly #listeners = new Set<PositionListener>()
  #timer: NodeJS.Timeout | undefined
  #told = 0

  constructor(store: Store, log: Log) {
    this.#store = store
    this.#log = log
  }

  listen(listener: PositionListener): () => void {
    this.#listeners.add(listener)
    this.#timer ??= setInterval(() => void this.look(), LOOK_MILLIS).unref()
    return () => {
      this.#listeners.delete(listener)
      if (this.#listeners.size > 0) return
      clearInterval(this.#timer)
      this.#timer = undefined
    }
  }

  async look(): Promise<void> {
    try {
      this.tell(await revocationPosition(this.#store))
    } catch (cause) {
      this.#log.warn('it could not be seen whether anything was revoked', { cause })
    }
  }

  tell(position: number): void {
    if (position <= this.#told) return
    this.#told = position
    for (const listener of this.#listeners) listener(position)
  }
}
