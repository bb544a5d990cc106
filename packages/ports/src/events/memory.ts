import type { Decision } from '@portcullis/model/decision/decision'
import { compareCodePoints } from '../store/code-point-order.ts'
import {
  type EventQuery,
  type Events,
  eventsFaults,
  type ObservedQuery,
  type ObservedRefusals,
} from './port.ts'
import {
  isPossibleRecord,
  type ObservedStep,
  type PreparedRecord,
  prepareEventQuery,
  prepareObservedQuery,
  prepareRecords,
  textAttributes,
} from './prepare.ts'

/** Records kept in memory, of all organizations together. */
export const MEMORY_CAPACITY = 20_000

/**
 * Events in this process alone, for tests. No more than `capacity` records: where there is no room the oldest makes
 * room, so that nothing grows without end.
 */
export function openMemoryEvents(capacity = MEMORY_CAPACITY): Events {
  return new MemoryEvents(capacity)
}

class MemoryEvents implements Events {
  readonly #capacity: number
  /** By organization and id, in the order in which they came. */
  readonly #records = new Map<string, PreparedRecord>()
  #open = true

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  async append(records: readonly Decision[]): Promise<void> {
    this.#demandOpen()
    for (const record of prepareRecords(records)) {
      const key = keyOf(record.organization, record.id)
      if (!this.#records.has(key)) this.#records.set(key, record)
    }
    for (const key of this.#records.keys()) {
      if (this.#records.size <= this.#capacity) break
      this.#records.delete(key)
    }
  }

  async get(organization: string, id: string): Promise<Decision | undefined> {
    this.#demandOpen()
    if (!isPossibleRecord(organization, id)) return undefined
    const record = this.#records.get(keyOf(organization, id))
    return record && decisionOf(record)
  }

  async find(organization: string, query: EventQuery): Promise<readonly Decision[]> {
    this.#demandOpen()
    const prepared = prepareEventQuery(organization, query)
    if (prepared === undefined) return []
    return [...this.#records.values()]
      .filter((record) => record.organization === organization && matches(prepared, record))
      .toSorted((a, b) => b.at - a.at || compareCodePoints(b.id, a.id))
      .slice(0, prepared.limit)
      .map(decisionOf)
  }

  async observed(organization: string, query: ObservedQuery): Promise<readonly ObservedRefusals[]> {
    this.#demandOpen()
    const prepared = prepareObservedQuery(organization, query)
    if (prepared === undefined) return []
    const { policy, limit, ...rest } = prepared
    const refusals = [...this.#records.values()]
      .filter((record) => record.organization === organization && matches({ ...rest, limit }, record))
      .flatMap((record) => record.observed.map((step) => refusalOf(record, step)))
      .filter((each) => policy === undefined || each.policy === policy)
    return added(refusals).slice(0, limit)
  }

  async sweep(beforeMillis: number): Promise<number> {
    this.#demandOpen()
    let swept = 0
    for (const [key, record] of this.#records) {
      if (record.at < beforeMillis && this.#records.delete(key)) swept++
    }
    return swept
  }

  async close(): Promise<void> {
    this.#open = false
    this.#records.clear()
  }

  #demandOpen(): void {
    if (!this.#open) throw eventsFaults.unavailable({ internal: 'the events are closed' })
  }
}

function keyOf(organization: string, id: string): string {
  return JSON.stringify([organization, id])
}

function matches(query: EventQuery, record: PreparedRecord): boolean {
  if (query.since !== undefined && record.at < query.since) return false
  if (query.until !== undefined && record.at >= query.until) return false
  return textAttributes.every((each) => query[each] === undefined || query[each] === record[each])
}

function refusalOf(
  { environment, api, operation, client }: PreparedRecord,
  step: ObservedStep,
): ObservedRefusals {
  return {
    environment,
    ...step,
    ...(api !== undefined && { api }),
    ...(operation !== undefined && { operation }),
    ...(client !== undefined && { client }),
    calls: 1,
  }
}

function added(refusals: readonly ObservedRefusals[]): ObservedRefusals[] {
  const groups = Map.groupBy(refusals, ({ calls: _, ...rest }) => JSON.stringify(rest))
  return [...groups.values()]
    .flatMap((alike) => (alike[0] === undefined ? [] : [{ ...alike[0], calls: alike.length }]))
    .toSorted((a, b) => b.calls - a.calls)
}

function decisionOf(record: PreparedRecord): Decision {
  return JSON.parse(record.json) as Decision
}
