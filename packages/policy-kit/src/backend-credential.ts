import type { BackendIdentity } from '@portcullis/model/decision/decision'
import type { HeaderList } from './message/header-list.ts'
import type { Body } from './message/reply.ts'

/** A request on its way to one target of the backend: the last moment at which it can be changed. */
export interface OutgoingDraft {
  /** Scheme, host and port. */
  readonly origin: string
  readonly method: string
  /** Path and query, byte for byte as they are sent. */
  target: string
  /** Without `Host`, which is the origin's. */
  readonly headers: HeaderList
  /** A body that streams can't be looked at. */
  readonly body: Body | undefined
}

/**
 * What tells the backend who calls: the gateway's own credential there, or its word about the caller. It is written into
 * every attempt anew, since it may hold for one target and one moment alone.
 */
export interface BackendCredential {
  /** For the decision record; never a secret. One object for as long as it says the same. Absent where nothing is told. */
  readonly told?: BackendIdentity
  write(draft: OutgoingDraft): void
  /** The backend answered 401: resolves to another credential, or to `undefined` where another would not help. */
  renew?(): Promise<BackendCredential | undefined>
}
