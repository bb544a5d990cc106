import type { Generated } from 'kysely'

export interface StoreTables {
  document: {
    key: Generated<number>
    organization: string
    collection: string
    id: string
    version: number
    /** Milliseconds since the epoch. */
    expires_at: number | null
    /** JSON. */
    value: string
  }
  /** What documents can be found by. The key repeats theirs, so that what is found is already in order. */
  attribute: {
    organization: string
    collection: string
    name: string
    value: string
    id: string
    /** The document's `key`. */
    document: number
  }
}
