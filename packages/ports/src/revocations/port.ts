import type { RevocableToken } from '@portcullis/model/news/revocation'

/**
 * Revocations tell which tokens are good no more although they have not expired.
 *
 * They are in this process and asked with every call, so the answer comes at once. What was revoked stays so until no
 * token that it covers can live any more. Revocations become known in the order of their positions; `position` is the
 * last one up to which all are known.
 */
export interface Revocations {
  covers(token: RevocableToken): boolean
  position(): number
  /** Calls back after more became known, once for many. Returns what ends that. */
  watch(listener: () => void): () => void
}
