import type { Change, Query } from '../port.ts'

/**
 * A store so plain that one sees it is right, with which the contract compares the others. It shares no code
 * with them: it knows no limits, copies everything and orders by the bytes of UTF-8.
 */
export interface ModelStore {
  /** Whether the changes were made; a conflict makes none. */
  commit(changes: readonly Change[], now: number): boolean
  find(collection: string, organization: string, query: Query, now: number): ModelDocument[]
  sweep(now: number): number
}

export interface ModelDocument {
  readonly id: string
  readonly version: number
  readonly value: unknown
  readonly expiresAt?: number
}

type Row = ModelDocument & {
  readonly collection: string
  readonly organization: string
  readonly index: Readonly<Record<string, string>>
}

export function openModelStore(): ModelStore {
  let rows = new Map<string, Row>()
  const isGone = (row: Row, now: number): boolean => (row.expiresAt ?? Number.POSITIVE_INFINITY) <= now

  return {
    commit(changes, now) {
      const next = new Map(rows)
      for (const change of changes) {
        const { organization } = change
        const collection = change.collection.name
        if (change.change === 'remove-where') {
          for (const [key, row] of next) {
            const isThere = row.collection === collection && row.organization === organization
            if (isThere && row.index[change.attribute] === change.equals) next.delete(key)
          }
          continue
        }
        const key = JSON.stringify([collection, organization, change.id])
        const row = next.get(key)
        const version = row === undefined || isGone(row, now) ? 0 : row.version
        if (change.expect !== undefined && version !== (change.expect === 'absent' ? 0 : change.expect)) {
          return false
        }
        if (change.change === 'remove') next.delete(key)
        else {
          const { id, value, expiresAt } = change
          const index = change.collection.index(value)
          const written = { collection, organization, index, id, version: version + 1, value }
          next.set(key, expiresAt === undefined ? written : { ...written, expiresAt })
        }
      }
      rows = next
      return true
    },

    find(collection, organization, { where, prefix = '', after, limit = 1000 }, now) {
      return [...rows.values()]
        .filter((row) => row.collection === collection && row.organization === organization)
        .filter((row) => !isGone(row, now))
        .filter((row) => where === undefined || row.index[where.attribute] === where.equals)
        .filter((row) => row.id.startsWith(prefix))
        .filter((row) => after === undefined || bytesOrder(row.id, after) > 0)
        .toSorted((a, b) => bytesOrder(a.id, b.id))
        .slice(0, limit)
        .map(({ id, version, value, expiresAt }) =>
          expiresAt === undefined ? { id, version, value } : { id, version, value, expiresAt },
        )
    },

    sweep(now) {
      const before = rows.size
      rows = new Map([...rows].filter(([, row]) => !isGone(row, now)))
      return before - rows.size
    },
  }
}

function bytesOrder(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}
