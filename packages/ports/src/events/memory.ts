import type { Decision } from '@portcullis/model/decision'
import { compareCodePoints } from '../store/code-point-order.ts'
import { type EventQuery, type Events, eventsFaults } from './port.ts'
import {
  isPossibleRecord,
  type PreparedRecord,
  prepareEventQuery,
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

function decisionOf(record: PreparedRecord): Decision {
  return JSON.parse(record.json) as Decision
}
