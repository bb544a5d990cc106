import { defineFaults } from '@portcullis/kernel/fault'

/**
 * Counters hold what is spent: how much of a limit each key has used.
 *
 * `take` is atomic: of any number of callers in any number of threads, no more are admitted than the limit
 * allows. Time is the engine's own clock, never the caller's. An engine that is in this process may answer at
 * once; callers await only promises. An outage rejects with `counters.unavailable`; it never admits.
 */
export interface Counters {
  /** Takes `cost` from what `key` has left, or takes nothing and says when it would have enough. */
  take(key: string, limit: Limit, cost: number): Take | Promise<Take>
  close(): Promise<void>
}

/**
 * The generic cell rate algorithm (GCRA): one unit comes back every `windowMillis / limit`, and at most `burst`
 * units can be saved up. With `burst = limit` a full window may be spent at once.
 */
export interface Limit {
  readonly limit: number
  readonly windowMillis: number
  readonly burst: number
}

export interface Take {
  readonly taken: boolean
  /** Whole units that could be taken now. */
  readonly remaining: number
  /** Until `cost` units would be there; 0 when taken, `Infinity` when `cost` is more than a burst: they never will be. */
  readonly retryAfterMillis: number
  /** Until everything is back. */
  readonly resetMillis: number
}

export const countersFaults = defineFaults('counters', {
  unavailable: {
    status: 503,
    title: 'The counters do not answer',
    remedy: 'Try again in a moment. Operators: look at the engine behind the counters.',
  },
  full: {
    status: 503,
    title: 'There is no room for another counter',
    remedy: 'Raise PORTCULLIS_COUNTERS_CAPACITY, or limit by fewer distinct keys.',
  },
})
