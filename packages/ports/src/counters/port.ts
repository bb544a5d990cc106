import { defineFaults } from '@portcullis/kernel/fault'

/**
 * Counters hold what is spent: how much of a limit each key has used, and how many places are taken.
 *
 * Everything is atomic: of any number of callers in any number of threads, no more are admitted than the limit
 * allows. Time is the engine's own clock, never the caller's. An engine that is in this process may answer at
 * once; callers await only promises. An outage rejects with `counters.unavailable`; it never admits, unless the limit
 * says otherwise (`whenAway`).
 */
export interface Counters {
  /** Takes `cost` from what `key` has left, or takes nothing and says when it would have enough. */
  take(key: string, limit: Limit, cost: number): Take | Promise<Take>
  /**
   * Takes `cost` from every limit of `key`, or from none. One answer for each limit, in their order: `taken` is false of
   * those that have not enough, and where one is, nothing was taken from any. The first limit is the one that `take`
   * knows under this key.
   */
  takeAll(
    key: string,
    limits: readonly (Limit | Span)[],
    cost: number,
  ): readonly Take[] | Promise<readonly Take[]>
  /**
   * Takes one of the places of `key`, or none. It is held until it is released. Of a holder that has died, all places are
   * free again within `PLACE_LEASE_MILLIS`.
   */
  hold(key: string, places: Places): Hold | Promise<Hold>
  /** Gives back all places that were held here. */
  close(): Promise<void>
}

/** How long nothing has to be heard of a holder before its places are given to others. */
export const PLACE_LEASE_MILLIS = 15_000

/**
 * What becomes of a limit while the engine is away. `refuse`: asking rejects with `counters.unavailable`. `allow`:
 * everything is admitted. `local`: this node counts by itself, its share of the limit being one of as many as there were
 * nodes. Engines in this process are never away.
 */
export const whenAwayChoices = ['refuse', 'allow', 'local'] as const
export type WhenAway = (typeof whenAwayChoices)[number]

/**
 * How an engine outside of this process counts. `exact`: it is asked for every call. `approximate`: each thread fetches units
 * ahead; over any time no more is admitted than `exact` would admit over that time and a second. Engines in this process are
 * always exact.
 */
export const precisions = ['exact', 'approximate'] as const
export type Precision = (typeof precisions)[number]

/**
 * The generic cell rate algorithm (GCRA): one unit comes back every `windowMillis / limit`, and at most `burst`
 * units can be saved up. With `burst = limit` a full window may be spent at once.
 */
export interface Limit {
  readonly limit: number
  readonly windowMillis: number
  readonly burst: number
  /** `refuse` when absent. */
  readonly whenAway?: WhenAway
  /** `exact` when absent. */
  readonly precision?: Precision
}

/**
 * A stretch of time with a count of its own, such as a day of the calendar: `limit` units, and nothing comes back before
 * it is over. Which stretch it is now, and how much of it is left, is for the caller to say.
 */
export interface Span {
  /** Up to 10⁹. */
  readonly limit: number
  /** Names the stretch: milliseconds since the epoch. */
  readonly start: number
  /** Until it is over, by the caller's clock. */
  readonly leftMillis: number
  /** `refuse` when absent. */
  readonly whenAway?: WhenAway
}

/** How many may do something at the same time. */
export interface Places {
  readonly places: number
  /** `refuse` when absent. */
  readonly whenAway?: WhenAway
}

export interface Hold {
  readonly held: boolean
  /** Places that are taken, with this one. */
  readonly inUse: number
  /** How it was answered where the engine was away. */
  readonly away?: Exclude<WhenAway, 'refuse'>
  /** Gives the place back. Never throws; more than once is as once. */
  release(): void
}

export interface Take {
  readonly taken: boolean
  /** Whole units that could be taken now. */
  readonly remaining: number
  /** Until `cost` units would be there; 0 when taken, `Infinity` when `cost` is more than a burst: they never will be. */
  readonly retryAfterMillis: number
  /** Until everything is back. */
  readonly resetMillis: number
  /** It was answered from units fetched ahead. */
  readonly approximate?: true
  /** How it was answered where the engine was away. */
  readonly away?: Exclude<WhenAway, 'refuse'>
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
