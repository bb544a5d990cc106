/**
 * Generations count how often what stands at a place was changed, so that whoever kept it can see that it is no longer it.
 *
 * They are in this process and answer at once; a change is seen by every thread of it as soon as it was told, and by other
 * processes never. Places may share a count: then a change of one counts for the other too. There is no outage.
 */
export interface Generations {
  /** A count that differs from the one before any change of the place since; it begins anew after four billion changes. */
  of(place: string): number
  /** The place has been changed. */
  bump(place: string): void
}
