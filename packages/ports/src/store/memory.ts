import type { Collection } from '@portcullis/model/collection'
import type { Clock } from '../clock/port.ts'
import { compareCodePoints } from './code-point-order.ts'
import type { Change, Document, Query, Store } from './port.ts'
import { storeFaults } from './port.ts'
import {
  conflictOf,
  isExpected,
  isPossibleKey,
  type PreparedChange,
  prepareChanges,
  prepareQuery,
} from './prepare.ts'
import { readDocument } from './read-document.ts'

interface Kept {
  /** What those who ask are given, all of them. */
  readonly document: Document<unknown>
  readonly attributes: ReadonlyMap<string, string>
}

/** The documents of one collection of one organization, by id. */
type Shelf = Map<string, Kept>

/** A store in this process alone, for tests: atomic as the port demands, and gone with the process. */
export function openMemoryStore(clock: Clock): Store {
  return new MemoryStore(clock)
}

class MemoryStore implements Store {
  readonly #clock: Clock
  readonly #shelves = new Map<string, Shelf>()
  #open = true

  constructor(clock: Clock) {
    this.#clock = clock
  }

  async get<T>(
    collection: Collection<T>,
    organization: string,
    id: string,
  ): Promise<Document<T> | undefined> {
    this.#demandOpen()
    if (!isPossibleKey(collection, organization, id)) return undefined
    const kept = this.#shelves.get(shelfKey(collection.name, organization))?.get(id)
    return kept !== undefined && isAlive(kept, this.#clock.now()) ? (kept.document as Document<T>) : undefined
  }

  async find<T>(
    collection: Collection<T>,
    organization: string,
    query: Query = {},
  ): Promise<readonly Document<T>[]> {
    this.#demandOpen()
    const prepared = prepareQuery(collection, organization, query)
    if (prepared === undefined) return []
    const now = this.#clock.now()
    const shelf: Shelf = this.#shelves.get(shelfKey(collection.name, organization)) ?? new Map()
    return [...shelf]
      .filter(([id, kept]) => isAlive(kept, now) && matches(prepared, id, kept))
      .toSorted(([a], [b]) => compareCodePoints(a, b))
      .slice(0, prepared.limit)
      .map(([, kept]) => kept.document as Document<T>)
  }

  async commit(changes: readonly Change[]): Promise<void> {
    this.#demandOpen()
    const now = this.#clock.now()
    // Changes are made to copies of the shelves, which take the place of the shelves once all of them were made.
    const drafts = new Map<string, Shelf>()
    for (const change of prepareChanges(changes)) {
      const key = shelfKey(change.collection, change.organization)
      const draft = drafts.get(key) ?? new Map(this.#shelves.get(key))
      drafts.set(key, draft)
      apply(change, draft, now)
    }
    for (const [key, draft] of drafts) this.#shelves.set(key, draft)
  }

  async sweep(): Promise<number> {
    this.#demandOpen()
    const now = this.#clock.now()
    let swept = 0
    for (const shelf of this.#shelves.values()) {
      for (const [id, kept] of shelf) if (!isAlive(kept, now) && shelf.delete(id)) swept++
    }
    return swept
  }

  async close(): Promise<void> {
    this.#open = false
    this.#shelves.clear()
  }

  #demandOpen(): void {
    if (!this.#open) throw storeFaults.unavailable({ internal: 'the store is closed' })
  }
}

function apply(change: PreparedChange, shelf: Shelf, now: number): void {
  if (change.change === 'remove-where') {
    for (const [id, kept] of shelf) {
      if (kept.attributes.get(change.attribute) === change.equals) shelf.delete(id)
    }
    return
  }
  const kept = shelf.get(change.id)
  const found = kept !== undefined && isAlive(kept, now) ? kept.document.version : undefined
  if (!isExpected(change, found)) throw conflictOf(change, found)
  if (change.change === 'remove') shelf.delete(change.id)
  else {
    const { id, json, attributes, expiresAt } = change
    shelf.set(id, { document: readDocument(id, (found ?? 0) + 1, json, expiresAt), attributes })
  }
}

function shelfKey(collection: string, organization: string): string {
  return JSON.stringify([collection, organization])
}

function isAlive({ document: { expiresAt } }: Kept, now: number): boolean {
  return expiresAt === undefined || expiresAt > now
}

function matches({ where, prefix, after }: Query, id: string, kept: Kept): boolean {
  if (where !== undefined && kept.attributes.get(where.attribute) !== where.equals) return false
  if (prefix !== undefined && !id.startsWith(prefix)) return false
  return after === undefined || compareCodePoints(id, after) > 0
}
