import type { Collection } from '@portcullis/model/collection'
import type { Clock } from '@portcullis/ports/clock/port'
import { put, type Store } from '@portcullis/ports/store/port'
import type { KoaContextWithOIDC } from 'oidc-provider'
import { namedBy } from '../known-browser/known-browsers.ts'

/** From where a session was begun, as its user recognises it. */
export interface SessionOrigin {
  readonly address: string
  /** As the browser names itself; cut. */
  readonly browser: string
}

/** By the session's `uid`. */
export const sessionOrigins: Collection<SessionOrigin> = { name: 'session-origin', index: () => ({}) }

/** Writes down who has just signed in from where, for as long as that sign-in may last. */
export async function rememberOrigin(
  ctx: KoaContextWithOIDC,
  store: Store,
  clock: Clock,
  organization: string,
  signInSeconds: number,
): Promise<void> {
  const { session, result } = ctx.oidc ?? {}
  if (session?.accountId === undefined || result?.login === undefined) return
  const value = { address: ctx.ip, browser: namedBy(ctx.req) }
  const expiresAt = clock.now() + signInSeconds * 1000
  await store.commit([put(sessionOrigins, organization, session.uid, value, { expiresAt })])
}
