import type { HeaderList } from './header-list.ts'

export type Body = Uint8Array | AsyncIterable<Uint8Array>

/** The fields behind a body (RFC 9110 §6.5), names and values in turn; to be asked for once the body has ended. */
export type Trailers = () => readonly string[]

/** What goes back to the caller, whoever made it: the backend, a policy, or a refusal. */
export interface Reply {
  status: number
  readonly headers: HeaderList
  body?: Body | undefined
  /** What follows the body; absent where nothing can. */
  trailers?: Trailers | undefined
}
