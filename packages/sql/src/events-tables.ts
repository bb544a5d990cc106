import type { Outcome } from '@portcullis/model/decision/decision'
import type { Generated } from 'kysely'

export interface EventsTables {
  decision: {
    key: Generated<number>
    organization: string
    id: string
    /** Milliseconds since the epoch. */
    at: number
    environment: string
    api: string | null
    operation: string | null
    client: string | null
    outcome: Outcome
    code: string | null
    /** The whole decision, as JSON. */
    record: string
  }
  /** What observed steps would have refused: one row for each step and call. */
  observed: {
    key: Generated<number>
    organization: string
    at: number
    environment: string
    policy: string
    origin: string
    code: string
    api: string | null
    operation: string | null
    client: string | null
  }
}
