import type { ApiKey } from '@portcullis/model/credential/api-key'

/**
 * API keys as far as whoever checks them must know them: by their ids, with hashes in place of the keys.
 *
 * They are in this process and asked with every call, so the answer comes at once. Keys become known, and known to be
 * over, in the order of their positions; `position` is the last one up to which all are known.
 */
export interface ApiKeys {
  /** The key of this id, usable or not; `undefined` where nobody was given one. */
  find(id: string): ApiKey | undefined
  position(): number
}
