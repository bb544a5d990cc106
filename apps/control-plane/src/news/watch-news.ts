import type { Topic } from '@portcullis/model/news/news'
import { revocationPosition } from '@portcullis/oauth/revocation/revocation-log'
import type { Log } from '@portcullis/ports/log/port'
import type { Store } from '@portcullis/ports/store/port'
import { apiKeyPosition } from '../credential/api-keys.ts'
import { disconnectionPosition } from '../disconnection/disconnections.ts'
import { Listeners } from './listeners.ts'

export type NewsListener = (topic: Topic, position: number) => void

const positions: { readonly [T in Topic]: (store: Store) => Promise<number> } = {
  revocation: revocationPosition,
  'api-key': apiKeyPosition,
  disconnection: disconnectionPosition,
}
const topics = Object.keys(positions) as Topic[]

/** Tells of what gateways follow besides revisions, whoever wrote it, while somebody listens. */
export class NewsWatch {
  readonly #store: Store
  readonly #log: Log
  readonly #listeners = new Listeners<NewsListener>(() => this.#look())
  readonly #told = new Map<Topic, number>()

  constructor(store: Store, log: Log) {
    this.#store = store
    this.#log = log
  }

  listen(listener: NewsListener): () => void {
    return this.#listeners.listen(listener)
  }

  tell(topic: Topic, position: number): void {
    if (position <= (this.#told.get(topic) ?? 0)) return
    this.#told.set(topic, position)
    for (const listener of this.#listeners) listener(topic, position)
  }

  /** Looks now: for what was written here a moment ago. */
  async look(topic: Topic): Promise<void> {
    try {
      this.tell(topic, await positions[topic](this.#store))
    } catch (cause) {
      this.#log.warn('it could not be seen whether there is anything new', { topic, cause })
    }
  }

  async #look(): Promise<void> {
    for (const topic of topics) await this.look(topic)
  }
}
