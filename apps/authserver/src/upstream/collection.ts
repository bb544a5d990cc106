import type { Collection } from '@portcullis/model/collection'
import type { SignInDemand } from './upstream.ts'

/** A sign-in that went off to an identity provider, under the hash of its `state`. */
export interface PendingSignIn {
  readonly provider: string
  /** The interaction to which it belongs, and so the browser. */
  readonly uid: string
  readonly demand: SignInDemand
  /** Milliseconds since the epoch. */
  readonly begunAt: number
  /** What is to be compared with the answer, sealed. */
  readonly kept: string
  /** What came back, sealed. */
  readonly answer?: string
}
export const pendingSignIns: Collection<PendingSignIn> = { name: 'upstream-pending', index: () => ({}) }

/** Somebody who has proved who they are there, on the way to a session here; by an id that only we know. */
export interface ProvedSignIn {
  readonly uid: string
  readonly proved: string
}
export const provedSignIns: Collection<ProvedSignIn> = { name: 'upstream-proved', index: () => ({}) }

/** What a session of ours rests on, by the session's uid. It outlives the session, as refresh tokens do. */
export interface FederatedSession {
  readonly provider: string
  readonly user: string
  /** Id of the account link. */
  readonly link: string
  /** Hashes of the provider's own names of the sign-in, and of the user. */
  readonly upstream?: string
  readonly named?: string
  readonly roles: readonly string[]
  readonly groups: readonly string[]
  /** Claims that our tokens carry on. */
  readonly claims: Readonly<Record<string, unknown>>
  /** When the provider last stood by it: milliseconds since the epoch. */
  readonly heldAt: number
  /** What is needed to sign out or ask again there, sealed. */
  readonly sealed?: string
}
export const federatedSessions: Collection<FederatedSession> = {
  name: 'upstream-session',
  index: ({ link, upstream, named }): Record<string, string> => ({
    link,
    ...(upstream !== undefined && { upstream }),
    ...(named !== undefined && { named }),
  }),
}
