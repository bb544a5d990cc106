import type { Collection } from '@portcullis/model/collection'

/** The last good metadata of an identity provider, by its name. */
export interface KeptMetadata {
  readonly url: string
  readonly text: string
  /** Milliseconds since the epoch. */
  readonly fetchedAt: number
}
export const keptMetadata: Collection<KeptMetadata> = { name: 'upstream-metadata', index: () => ({}) }
