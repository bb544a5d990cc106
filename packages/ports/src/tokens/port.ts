import type { Secret } from '@portcullis/kernel/secret'

/**
 * Tokens keeps what we get to prove ourselves to backends, so that each is fetched once for all who need it.
 *
 * A token that is known is answered at once. Where none is, there is one fetch for all who ask at that moment, and its
 * failure is that of all; it is told again, without a fetch, to whoever asks within the next second. A token that nears
 * its end is fetched anew aside, at a moment of chance so that not everybody comes at once; while that fails the old one
 * stays in use for as long as it is good. No token is given that is over, or will be on its way. It may be forgotten
 * earlier, as there is room for a bounded number.
 *
 * `key` says all that a token depends on; who asks with the same key must fetch the same. It should tell nothing.
 */
export interface Tokens {
  get(key: string, fetch: FetchToken): FetchedToken | Promise<FetchedToken>
  /**
   * Says that a token was refused by those for whom it is. Answers whether `get` may have another; that is not so twice
   * within five seconds, so that a backend that refuses all of them can't be turned into load.
   */
  drop(key: string, token: FetchedToken): boolean
}

/** Whatever it rejects with is what `get` rejects with. */
export type FetchToken = () => Promise<FetchedToken>

export interface FetchedToken {
  readonly token: Secret
  /** Milliseconds since the epoch: when it was asked for, and when it ends. */
  readonly fetchedAt: number
  readonly expiresAt: number
}
