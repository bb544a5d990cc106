import { defineFaults } from '@portcullis/kernel/fault'
import type { Collection } from '@portcullis/model/collection'

/**
 * The store keeps what must never be lost: resources, revisions, grants, credentials, keys.
 *
 * Documents live in collections; every key has its organization. A commit is atomic and durable: when its
 * promise resolves, all of its changes survive the loss of power; when it rejects, none was made. Reads see every
 * commit that resolved before they began. What was read is frozen, and whoever reads the same again may be given the
 * same object; whoever wants to change it copies it. Expiry follows the store's own clock. An outage rejects with
 * `store.unavailable`; it never looks like an empty answer.
 */
export interface Store {
  /** The document, unless there is none or it has expired. */
  get<T>(collection: Collection<T>, organization: string, id: string): Promise<Document<T> | undefined>
  /** Documents that have not expired, in the code-point order of their ids. */
  find<T>(collection: Collection<T>, organization: string, query?: Query): Promise<readonly Document<T>[]>
  /** Makes all changes or, with `store.conflict`, none. */
  commit(changes: readonly Change[]): Promise<void>
  /** Deletes what has expired; resolves to how many documents that were. */
  sweep(): Promise<number>
  close(): Promise<void>
}

export interface Document<T> {
  readonly id: string
  /** 1 when first written, one more with every further write. */
  readonly version: number
  readonly value: T
  /** Milliseconds since the epoch. */
  readonly expiresAt?: number
}

export interface Query {
  /** Only documents whose index attribute equals this text. */
  readonly where?: { readonly attribute: string; readonly equals: string }
  /** Only documents whose id begins with this text. */
  readonly prefix?: string
  /** Only documents whose id comes after this one. */
  readonly after?: string
  /** At most this many; 1,000 when absent and never more than 10,000. */
  readonly limit?: number
}

/** `expect`: the version that must be there now, or `absent`; anything else is `store.conflict`. */
export type Change = Put | Remove | RemoveWhere

export interface Put<T = unknown> {
  readonly change: 'put'
  readonly collection: Collection<T>
  readonly organization: string
  readonly id: string
  /** Plain JSON. */
  readonly value: T
  /** Milliseconds since the epoch; never when absent. */
  readonly expiresAt?: number
  readonly expect?: number | 'absent'
}

export interface Remove {
  readonly change: 'remove'
  readonly collection: Collection<never>
  readonly organization: string
  readonly id: string
  readonly expect?: number
}

export interface RemoveWhere {
  readonly change: 'remove-where'
  readonly collection: Collection<never>
  readonly organization: string
  readonly attribute: string
  readonly equals: string
}

/** Makes a `Put` whose value is checked against its collection by the compiler. */
export function put<T>(
  collection: Collection<T>,
  organization: string,
  id: string,
  value: T,
  options: { readonly expiresAt?: number; readonly expect?: number | 'absent' } = {},
): Change {
  return { change: 'put', collection: collection as Collection<unknown>, organization, id, value, ...options }
}

export function remove<T>(
  collection: Collection<T>,
  organization: string,
  id: string,
  expect?: number,
): Change {
  const change = { change: 'remove', collection: collection as Collection<never>, organization, id } as const
  return expect === undefined ? change : { ...change, expect }
}

export function removeWhere<T>(
  collection: Collection<T>,
  organization: string,
  attribute: string,
  equals: string,
): Change {
  return {
    change: 'remove-where',
    collection: collection as Collection<never>,
    organization,
    attribute,
    equals,
  }
}

export const DEFAULT_LIMIT = 1000
export const MAX_LIMIT = 10_000

export const storeFaults = defineFaults('store', {
  invalid: {
    status: 400,
    title: 'The store does not take this',
    remedy:
      'Keep to the limits of the store: shorter ids and texts, smaller values, fewer changes at a time.',
  },
  conflict: {
    status: 409,
    title: 'It was changed in the meantime',
    remedy: 'Read it again and repeat the change.',
  },
  unavailable: {
    status: 503,
    title: 'The store does not answer',
    remedy: 'Try again in a moment. Operators: look at the log and at the disk or server behind the store.',
  },
  locked: {
    status: 503,
    title: 'Another process already uses this data folder',
    remedy: 'Stop the other process, or give this one a folder of its own with PORTCULLIS_HOME.',
  },
})
