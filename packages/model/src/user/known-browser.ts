/** A browser in which a user has signed in before. */
export interface KnownBrowser {
  readonly user: string
  /** As it names itself; cut. */
  readonly browser: string
  readonly address: string
  /** When the user signed in there last: ISO 8601, UTC. */
  readonly seenAt: string
  /** Until when no second factor is asked for there: ISO 8601, UTC. */
  readonly trustedUntil?: string
}
