import type { Fault } from '@portcullis/kernel/fault'
import type { Collection } from '@portcullis/model/collection'
import { type Change, DEFAULT_LIMIT, MAX_LIMIT, type Put, type Query, storeFaults } from './port.ts'
import { isStorable } from './storable-text.ts'

/**
 * What every adapter does before it asks its engine: check against the limits below, which hold for all engines
 * (PostgreSQL indexes rows of at most 2,704 bytes), and turn values into text, so that nobody shares an object with
 * the store. Ids are in no fault: some of them are tokens.
 */

/** UTF-8 bytes of the name of an organization, a collection or an attribute. */
export const MAX_NAME_BYTES = 128
/** UTF-8 bytes of an id or of an attribute's text. */
export const MAX_ID_BYTES = 512
/** Index attributes of one document. */
export const MAX_ATTRIBUTES = 16
/** UTF-8 bytes of a value, as JSON. */
export const MAX_VALUE_BYTES = 16 * 1024 * 1024
/** Changes of one commit. */
export const MAX_CHANGES = 10_000

interface Target {
  readonly collection: string
  readonly organization: string
}

export interface PreparedPut extends Target {
  readonly change: 'put'
  readonly id: string
  readonly json: string
  /** The attributes as they were when the document was written. */
  readonly attributes: ReadonlyMap<string, string>
  readonly expiresAt: number | undefined
  readonly expect: number | 'absent' | undefined
}

export interface PreparedRemove extends Target {
  readonly change: 'remove'
  readonly id: string
  readonly expect: number | undefined
}

export interface PreparedRemoveWhere extends Target {
  readonly change: 'remove-where'
  readonly attribute: string
  readonly equals: string
}

export type PreparedChange = PreparedPut | PreparedRemove | PreparedRemoveWhere

/** Throws `store.invalid` when a change breaks a limit or its value is no JSON. */
export function prepareChanges(changes: readonly Change[]): PreparedChange[] {
  if (changes.length > MAX_CHANGES) throw invalid(`a commit has at most ${MAX_CHANGES} changes`)
  return changes.map(prepareChange)
}

function prepareChange(change: Change): PreparedChange {
  const target = { collection: change.collection.name, organization: change.organization }
  demandName(target.collection, 'the name of a collection')
  demandName(target.organization, 'an organization')
  switch (change.change) {
    case 'put':
      demandId(change.id)
      return {
        change: 'put',
        ...target,
        id: change.id,
        json: jsonOf(change.value),
        attributes: attributesOf(change),
        expiresAt: wholeMillis(change.expiresAt),
        expect: change.expect,
      }
    case 'remove':
      demandId(change.id)
      return { change: 'remove', ...target, id: change.id, expect: change.expect }
    case 'remove-where':
      demandName(change.attribute, 'the name of an attribute')
      demandText(change.equals)
      return { change: 'remove-where', ...target, attribute: change.attribute, equals: change.equals }
    default:
      throw invalid(`there is no change ${JSON.stringify((change satisfies never as Change).change)}`)
  }
}

/** Whether a document with this key can exist. Keys that came from outside are looked up without further care. */
export function isPossibleKey(collection: Collection<never>, organization: string, id: string): boolean {
  return isSearchable(collection, organization) && id !== '' && isStorable(id, MAX_ID_BYTES)
}

/** A query whose limit is settled; `undefined` when no document can match. Throws `store.invalid`. */
export function prepareQuery(
  collection: Collection<never>,
  organization: string,
  query: Query,
): (Query & { readonly limit: number }) | undefined {
  const { where, prefix, after, limit = DEFAULT_LIMIT } = query
  if (!Number.isSafeInteger(limit) || limit < 0) throw invalid('the limit of a query is a whole number')
  if (after !== undefined && !after.isWellFormed()) throw invalid('a query goes on after a well-formed id')
  if (!isSearchable(collection, organization)) return undefined
  if (prefix !== undefined && !isStorable(prefix, MAX_ID_BYTES)) return undefined
  if (where !== undefined && !isStorable(where.attribute, MAX_NAME_BYTES)) return undefined
  if (where !== undefined && !isStorable(where.equals, MAX_ID_BYTES)) return undefined
  return { ...query, limit: Math.min(limit, MAX_LIMIT) }
}

/** Whether what is there (a version, or nothing) is what the change expects. */
export function isExpected(change: PreparedPut | PreparedRemove, found: number | undefined): boolean {
  if (change.expect === undefined) return true
  return change.expect === 'absent' ? found === undefined : found === change.expect
}

export function conflictOf(change: PreparedPut | PreparedRemove, found: number | undefined): Fault {
  return storeFaults.conflict({
    detail: `A document of the collection "${change.collection}" is not as it was expected to be.`,
    internal: `${change.change} in ${change.organization}/${change.collection}: expected ${change.expect}, found ${found ?? 'absent'}`,
  })
}

function isSearchable(collection: Collection<never>, organization: string): boolean {
  return isName(collection.name) && isName(organization)
}

function isName(text: string): boolean {
  return text !== '' && isStorable(text, MAX_NAME_BYTES)
}

function demandName(text: string, what: string): void {
  if (!isName(text)) throw invalid(`${what} is a text of 1 to ${MAX_NAME_BYTES} bytes without U+0000`)
}

function demandId(id: string): void {
  if (id === '' || !isStorable(id, MAX_ID_BYTES)) {
    throw invalid(`an id is a text of 1 to ${MAX_ID_BYTES} bytes without U+0000`)
  }
}

function demandText(text: string): void {
  if (!isStorable(text, MAX_ID_BYTES)) {
    throw invalid(`an attribute is a text of at most ${MAX_ID_BYTES} bytes without U+0000`)
  }
}

function attributesOf({ collection, value }: Put): Map<string, string> {
  const attributes = new Map(Object.entries(collection.index(value)))
  if (attributes.size > MAX_ATTRIBUTES) throw invalid(`a document has at most ${MAX_ATTRIBUTES} attributes`)
  for (const [name, text] of attributes) {
    demandName(name, 'the name of an attribute')
    demandText(text)
  }
  return attributes
}

function jsonOf(value: unknown): string {
  let json: string | undefined
  try {
    json = JSON.stringify(value)
  } catch (cause) {
    throw invalid('a value is plain JSON', cause)
  }
  if (json === undefined) throw invalid('a value is plain JSON')
  if (Buffer.byteLength(json) > MAX_VALUE_BYTES) {
    throw invalid(`a value has at most ${MAX_VALUE_BYTES} bytes of JSON`)
  }
  return json
}

function wholeMillis(expiresAt: number | undefined): number | undefined {
  if (expiresAt !== undefined && !Number.isSafeInteger(expiresAt)) {
    throw invalid('an expiry is a whole number of milliseconds since the epoch')
  }
  return expiresAt
}

function invalid(rule: string, cause?: unknown): Fault {
  return storeFaults.invalid({ detail: `Refused, because ${rule}.`, cause })
}
