import type { HeaderList } from './header-list.ts'

export type Body = Uint8Array | AsyncIterable<Uint8Array>

/** What goes back to the caller, whoever made it: the backend, a policy, or a refusal. */
export interface Reply {
  status: number
  readonly headers: HeaderList
  body?: Body | undefined
}
