import type { PreparedChange } from '@portcullis/ports/store/prepare'

export interface Row {
  readonly id: string
  readonly version: number
  readonly expires_at: number | null
  readonly value: string
}

/** Characters of all values that are kept, and of those of one answer. */
const MAX_CHARACTERS = 8_000_000
const MAX_CHARACTERS_OF_ONE = 64_000
/** Answers that are kept; many of them are empty. */
const MAX_ANSWERS = 20_000

interface Answer {
  readonly rows: readonly Row[]
  readonly characters: number
}

/** Of one collection of one organization. */
interface Shelf {
  /** Goes up with every change, at its beginning and at its end. */
  generation: number
  readonly byId: Map<string, Answer>
  readonly byQuery: Map<string, Answer>
}

/**
 * What was read is kept for the next who asks the same, until it is changed. For a store with one process that writes it,
 * where every change comes by here: apps, keys and revisions are read for every token, and hardly ever change.
 */
export class ReadRows {
  readonly #shelves = new Map<string, Shelf>()
  #characters = 0
  #answers = 0

  /** Rows that are still good; `undefined` where it has to be asked. */
  known(organization: string, collection: string, asked: Asked, now: number): readonly Row[] | undefined {
    const answer = this.#mapOf(organization, collection, asked).get(keyOf(asked))
    // Behind one that has expired there may be others that it kept out.
    const isGood = answer?.rows.every(({ expires_at: end }) => end === null || end > now)
    return isGood === true ? answer?.rows : undefined
  }

  /** Reads by `read` and keeps what came, unless something was changed meanwhile. */
  async reading(
    organization: string,
    collection: string,
    asked: Asked,
    read: () => Promise<readonly Row[]>,
  ): Promise<readonly Row[]> {
    const shelf = this.#shelfOf(organization, collection)
    const { generation } = shelf
    const rows = await read()
    const characters = rows.reduce((sum, { value }) => sum + value.length, 0)
    if (shelf.generation !== generation || characters > MAX_CHARACTERS_OF_ONE) return rows
    if (this.#characters + characters > MAX_CHARACTERS || this.#answers >= MAX_ANSWERS) this.#forgetAll()
    this.#drop(this.#mapOf(organization, collection, asked), keyOf(asked))
    this.#mapOf(organization, collection, asked).set(keyOf(asked), { rows, characters })
    this.#characters += characters
    this.#answers++
    return rows
  }

  /** Makes changes by `commit`; whatever becomes of it, what it may have changed is forgotten before and after. */
  async changing<T>(changes: readonly PreparedChange[], commit: () => Promise<T>): Promise<T> {
    this.#forget(changes)
    try {
      return await commit()
    } finally {
      this.#forget(changes)
    }
  }

  #forget(changes: readonly PreparedChange[]): void {
    for (const change of changes) {
      const shelf = this.#shelfOf(change.organization, change.collection)
      shelf.generation++
      this.#empty(shelf.byQuery)
      if (change.change === 'remove-where') this.#empty(shelf.byId)
      else this.#drop(shelf.byId, change.id)
    }
  }

  /** The generations stay: somebody may be reading. */
  #forgetAll(): void {
    for (const { byId, byQuery } of this.#shelves.values()) {
      byId.clear()
      byQuery.clear()
    }
    this.#characters = 0
    this.#answers = 0
  }

  #empty(answers: Map<string, Answer>): void {
    for (const key of [...answers.keys()]) this.#drop(answers, key)
  }

  #drop(answers: Map<string, Answer>, key: string): void {
    const answer = answers.get(key)
    if (answer === undefined) return
    answers.delete(key)
    this.#characters -= answer.characters
    this.#answers--
  }

  #mapOf(organization: string, collection: string, asked: Asked): Map<string, Answer> {
    const shelf = this.#shelfOf(organization, collection)
    return 'id' in asked ? shelf.byId : shelf.byQuery
  }

  /** U+0000 is in no name. */
  #shelfOf(organization: string, collection: string): Shelf {
    const name = `${organization}\0${collection}`
    const known = this.#shelves.get(name)
    if (known !== undefined) return known
    const shelf = { generation: 0, byId: new Map(), byQuery: new Map() }
    this.#shelves.set(name, shelf)
    return shelf
  }
}

/** One document, or a query as text. */
export type Asked = { readonly id: string } | { readonly query: string }

function keyOf(asked: Asked): string {
  return 'id' in asked ? asked.id : asked.query
}
