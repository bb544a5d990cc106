import type { RevisionNotice } from '@portcullis/api-client/route/bundle'
import { readBase } from '@portcullis/oauth/audit/change-record'
import type { Log } from '@portcullis/ports/log/port'
import type { Store } from '@portcullis/ports/store/port'
import { listServed } from '../gateway/published.ts'
import { Listeners } from './listeners.ts'

export type RevisionListener = (notice: RevisionNotice) => void

/** Tells of every revision that is in force, whoever published it: this control plane, or another at the same store. */
export class RevisionWatch {
  readonly #store: Store
  readonly #log: Log
  readonly #listeners = new Listeners<RevisionListener>(() => this.#look())
  /** Of each environment the newest that was told. */
  readonly #told = new Map<string, number>()
  /** How many changes there were when it looked last. */
  #changes: number | undefined

  constructor(store: Store, log: Log) {
    this.#store = store
    this.#log = log
  }

  listen(listener: RevisionListener): () => void {
    return this.#listeners.listen(listener)
  }

  tell(notice: RevisionNotice): void {
    const environment = `${notice.organization}/${notice.environment}`
    if (notice.number <= (this.#told.get(environment) ?? 0)) return
    this.#told.set(environment, notice.number)
    for (const listener of this.#listeners) {
      try {
        listener(notice)
      } catch (thrown) {
        // The revision is in force whatever a listener makes of it; gateways that were not told ask in time.
        this.#log.error('a listener failed', { ...notice, reason: String(thrown) })
      }
    }
  }

  async #look(): Promise<void> {
    try {
      const { number } = await readBase(this.#store)
      if (number === this.#changes) return
      for (const notice of await listServed(this.#store)) this.tell(notice)
      this.#changes = number
    } catch (cause) {
      this.#log.warn('it could not be seen whether there are new revisions', { cause })
    }
  }
}
