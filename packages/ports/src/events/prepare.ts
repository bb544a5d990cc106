import type { Decision, Outcome } from '@portcullis/model/decision/decision'
import { isStorable } from '../store/storable-text.ts'
import { type EventQuery, eventsFaults, type ObservedQuery } from './port.ts'

/** What every adapter does before it asks its engine: check against these limits, and turn records into text. */

/** Records of one append. */
export const MAX_BATCH = 10_000
/** UTF-8 bytes of one record, as JSON. */
export const MAX_RECORD_BYTES = 256 * 1024
/** UTF-8 bytes of an id, and of each text by which records are found. */
export const MAX_TEXT_BYTES = 2048
/** Records of one answer. */
export const MAX_FOUND = 1000

/** A record with the attributes by which it is found. */
export interface PreparedRecord {
  readonly organization: string
  readonly id: string
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly environment: string
  readonly api: string | undefined
  readonly operation: string | undefined
  readonly client: string | undefined
  readonly outcome: Outcome
  readonly code: string | undefined
  /** Of the steps that are only observed, those that would have refused. */
  readonly observed: readonly ObservedStep[]
  readonly json: string
}

export interface ObservedStep {
  readonly policy: string
  readonly origin: string
  readonly code: string
}

export type TextAttribute = 'environment' | 'api' | 'operation' | 'client' | 'outcome' | 'code'
export const textAttributes: readonly TextAttribute[] = [
  'environment',
  'api',
  'operation',
  'client',
  'outcome',
  'code',
]

/** Throws `events.invalid`, and then none of the records is kept. */
export function prepareRecords(records: readonly Decision[]): PreparedRecord[] {
  if (records.length > MAX_BATCH) throw invalid(`at most ${MAX_BATCH} records are appended at a time`)
  return records.map(prepareRecord)
}

function prepareRecord(record: Decision): PreparedRecord {
  const { organization, id, environment, operation, client, outcome, code } = record
  const at = Date.parse(record.at)
  if (!Number.isSafeInteger(at)) throw invalid('the time of a record is a date of the calendar')
  if (id === '') throw invalid('a record has an id')
  for (const text of [organization, id, environment, operation?.api, operation?.id, client, outcome, code]) {
    if (text !== undefined && !isStorable(text, MAX_TEXT_BYTES)) {
      throw invalid(`ids and names of a record have at most ${MAX_TEXT_BYTES} bytes and no U+0000`)
    }
  }
  const json = JSON.stringify(record)
  if (Buffer.byteLength(json) > MAX_RECORD_BYTES) {
    throw invalid(`a record has at most ${MAX_RECORD_BYTES} bytes`)
  }
  const found = { api: operation?.api, operation: operation?.id, client, outcome, code }
  return { organization, id, at, environment, ...found, observed: observedIn(record), json }
}

function observedIn({ steps }: Decision): ObservedStep[] {
  return steps.flatMap(({ policy, origin, mode, verdict, code }) =>
    mode === 'observe' && verdict === 'refuse' ? [{ policy, origin, code: code ?? '' }] : [],
  )
}

/** Whether a record with this key can exist. Ids that came from outside are looked up without further care. */
export function isPossibleRecord(organization: string, id: string): boolean {
  return isStorable(organization, MAX_TEXT_BYTES) && isStorable(id, MAX_TEXT_BYTES)
}

/** The query with its limit settled; `undefined` when no record can match. Throws `events.invalid`. */
export function prepareEventQuery(organization: string, query: EventQuery): EventQuery | undefined {
  const { since = 0, until = 0, limit } = query
  if (![since, until, limit].every(Number.isSafeInteger) || limit < 0) {
    throw invalid('times and the limit of a query are whole numbers')
  }
  const texts = [organization, ...textAttributes.map((attribute) => query[attribute])]
  if (!texts.every((text) => text === undefined || isStorable(text, MAX_TEXT_BYTES))) return undefined
  return { ...query, limit: Math.min(limit, MAX_FOUND) }
}

/** As `prepareEventQuery`. */
export function prepareObservedQuery(organization: string, query: ObservedQuery): ObservedQuery | undefined {
  const { policy, ...rest } = query
  if (policy !== undefined && !isStorable(policy, MAX_TEXT_BYTES)) return undefined
  const prepared = prepareEventQuery(organization, rest)
  return prepared && { ...query, limit: prepared.limit }
}

function invalid(rule: string) {
  return eventsFaults.invalid({ detail: `Refused, because ${rule}.` })
}
