import type { Collection } from '@portcullis/model/collection'
import { SYSTEM } from '@portcullis/model/collection'
import type { Document, Store } from '@portcullis/ports/store/port'

const DIGITS = 16
const MOST_DUE = 100

/** The id of something of that name that is to be done at a time: ids sort by when that is. */
export function dueId(dueMillis: number, name: string): string {
  return `${String(dueMillis).padStart(DIGITS, '0')}/${name}`
}

/** What of a collection below `SYSTEM` is to be done now, the oldest first; so much at a time. */
export async function findDue<T>(
  store: Store,
  collection: Collection<T>,
  nowMillis: number,
): Promise<Document<T>[]> {
  const found = await store.find(collection, SYSTEM, { limit: MOST_DUE })
  return found.filter(({ id }) => Number(id.slice(0, DIGITS)) <= nowMillis)
}

/** How long after so many tries the next one waits: twice as long each time. */
export function waitMillis(tries: number): number {
  return FIRST_WAIT_MILLIS * 2 ** tries
}

const FIRST_WAIT_MILLIS = 5_000
