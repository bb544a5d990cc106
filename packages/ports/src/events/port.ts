import { defineFaults } from '@portcullis/kernel/fault'
import type { Decision, Outcome } from '@portcullis/model/decision/decision'

/**
 * Events keep decision records for those who ask afterwards.
 *
 * When `append` resolves, its records survive the end of the process; records whose id their organization already has
 * are left as they are, so a batch may be sent again. Reads see every batch that resolved before. An outage rejects with
 * `events.unavailable`.
 */
export interface Events {
  append(records: readonly Decision[]): Promise<void>
  get(organization: string, id: string): Promise<Decision | undefined>
  /** Newest first. */
  find(organization: string, query: EventQuery): Promise<readonly Decision[]>
  /** What observed steps would have refused, added up; those with the most calls first, at most `limit` of them. */
  observed(organization: string, query: ObservedQuery): Promise<readonly ObservedRefusals[]>
  /** Deletes the records of every organization that are older; resolves to how many they were. */
  sweep(beforeMillis: number): Promise<number>
  close(): Promise<void>
}

/** Every attribute that is given must match. */
export interface EventQuery {
  readonly environment?: string
  readonly api?: string
  readonly operation?: string
  readonly client?: string
  readonly outcome?: Outcome
  readonly code?: string
  /** Milliseconds since the epoch, inclusive. */
  readonly since?: number
  /** Milliseconds since the epoch, exclusive. */
  readonly until?: number
  /** At most this many; never more than 1,000. */
  readonly limit: number
}

/** Every attribute that is given must match; as in `EventQuery`. */
export type ObservedQuery = Pick<EventQuery, 'environment' | 'since' | 'until' | 'limit'> & {
  /** The policy of the step. */
  readonly policy?: string
}

/** Calls that one observed step would have refused for one reason, of one app and operation. */
export interface ObservedRefusals {
  readonly environment: string
  readonly policy: string
  /** Where the step came from, in words: `environment production`. */
  readonly origin: string
  readonly code: string
  /** Absent where no operation matched. */
  readonly api?: string
  readonly operation?: string
  /** Absent where nobody was known to call. */
  readonly client?: string
  readonly calls: number
}

export const eventsFaults = defineFaults('events', {
  invalid: {
    status: 400,
    title: 'This is no decision record or no query that can be kept or answered',
    remedy:
      'Keep to the limits of the events: valid times, short texts, small records, fewer of them at a time.',
  },
  unavailable: {
    status: 503,
    title: 'The decision records cannot be reached',
    remedy: 'Try again in a moment. Operators: look at the engine behind the events.',
  },
})
