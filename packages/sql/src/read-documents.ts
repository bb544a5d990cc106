import type { Document } from '@portcullis/ports/store/port'
import type { PreparedChange } from '@portcullis/ports/store/prepare'

/** Characters of all values that are kept, and of those of one answer. */
const MAX_CHARACTERS = 8_000_000
const MAX_CHARACTERS_OF_ONE = 64_000
/** Answers that are kept; many of them are empty. */
const MAX_ANSWERS = 20_000

/** What a read found. */
export interface Found {
  readonly documents: readonly Document<unknown>[]
  /** Of all values, as JSON. */
  readonly characters: number
}

interface Answer extends Found {
  /** Milliseconds since the epoch: then the first of them expires. */
  readonly goodUntil: number
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
 * where every change comes by here: apps, keys and revisions are read for every token, and hardly ever change. As long as
 * nothing changes the same documents are given out, so that whoever makes something of one can make it once.
 */
export class ReadDocuments {
  /** By collection, then by organization. */
  readonly #shelves = new Map<string, Map<string, Shelf>>()
  #characters = 0
  #answers = 0
  #isOpen = true

  /** Documents that are still good; `undefined` where it has to be asked. */
  known(
    organization: string,
    collection: string,
    asked: Asked,
    now: number,
  ): readonly Document<unknown>[] | undefined {
    const shelf = this.#shelves.get(collection)?.get(organization)
    const answer = shelf && answersOf(shelf, asked).get(keyOf(asked))
    // Behind one that has expired there may be others that it kept out.
    return answer !== undefined && answer.goodUntil > now ? answer.documents : undefined
  }

  /** Reads by `read` and keeps what came, unless something was changed meanwhile. */
  async reading(
    organization: string,
    collection: string,
    asked: Asked,
    read: () => Promise<Found>,
  ): Promise<readonly Document<unknown>[]> {
    const shelf = this.#shelfOf(organization, collection)
    const { generation } = shelf
    const { documents, characters } = await read()
    const isKept = this.#isOpen && shelf.generation === generation && characters <= MAX_CHARACTERS_OF_ONE
    if (!isKept) return documents
    if (this.#characters + characters > MAX_CHARACTERS || this.#answers >= MAX_ANSWERS) this.#forgetAll()
    const answers = answersOf(shelf, asked)
    this.#drop(answers, keyOf(asked))
    const goodUntil = documents.reduce((end, { expiresAt = Infinity }) => Math.min(end, expiresAt), Infinity)
    answers.set(keyOf(asked), { documents, characters, goodUntil })
    this.#characters += characters
    this.#answers++
    return documents
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

  /** From now on nothing is known. */
  close(): void {
    this.#isOpen = false
    this.#forgetAll()
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
    for (const shelves of this.#shelves.values()) {
      for (const { byId, byQuery } of shelves.values()) {
        byId.clear()
        byQuery.clear()
      }
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

  #shelfOf(organization: string, collection: string): Shelf {
    const shelves = this.#shelves.get(collection) ?? new Map<string, Shelf>()
    const shelf = shelves.get(organization) ?? { generation: 0, byId: new Map(), byQuery: new Map() }
    this.#shelves.set(collection, shelves.set(organization, shelf))
    return shelf
  }
}

/** One document, or a query as text. */
export type Asked = { readonly id: string } | { readonly query: string }

function answersOf(shelf: Shelf, asked: Asked): Map<string, Answer> {
  return 'id' in asked ? shelf.byId : shelf.byQuery
}

function keyOf(asked: Asked): string {
  return 'id' in asked ? asked.id : asked.query
}
