/** Which replies end with what let them begin, beside WebSockets, streams of events and other streams that are known as such. */
export interface StandingTerms {
  /** Every reply that is still under way, whatever its type. */
  readonly all: boolean
  /** Media types in lower case, without parameters. */
  readonly types: readonly string[]
}
