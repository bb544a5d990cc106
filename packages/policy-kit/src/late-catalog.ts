import type { AnyPolicy, Catalog } from './policy.ts'

/** A policy that is loaded where it is needed. */
export interface LatePolicy {
  /** As its contract has it. */
  readonly id: string
  /** It may run without being attached, because of what it derives from the model: whoever enforces anything needs it. */
  readonly isAlwaysNeeded: boolean
  load(): Promise<AnyPolicy>
}

export type LateCatalog = readonly LatePolicy[]

/**
 * The catalogue as far as a revision needs it that attaches these policies. What has no policy is missing in it, as it
 * would be in the whole.
 */
export type CatalogFor = (attached: ReadonlySet<string>) => Promise<Catalog>

/** Programs take memory, and every thread of a gateway has its own of each: so it loads what its revisions need. */
export function catalogFor(catalog: LateCatalog): CatalogFor {
  return (attached) => {
    const needed = catalog.filter(({ id, isAlwaysNeeded }) => isAlwaysNeeded || attached.has(id))
    return Promise.all(needed.map((each) => each.load()))
  }
}
