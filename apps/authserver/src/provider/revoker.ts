import { onceFor } from '@portcullis/kernel/once-for'
import type { Revocable } from '@portcullis/model/news/revocation'
import type { Lifetimes } from '@portcullis/oauth/lifetime'
import { type Given, isCutOff } from '@portcullis/oauth/revocation/cut-off'
import { appendRevocations, fromNow } from '@portcullis/oauth/revocation/revocation-log'
import type { Clock } from '@portcullis/ports/clock/port'
import type { Store } from '@portcullis/ports/store/port'

/** What an issuer gave and takes back. Gateways follow the same log, so what ends here ends there. */
export interface Revoker {
  /** Whether it was revoked since it was issued. Quick for what it was asked of before: the same object. */
  covers(given: Omit<Given, 'issuer'>): Promise<boolean>
  /** One access token, by its id. `expiresAt`: milliseconds since the epoch. */
  revokeToken(id: string, expiresAt: number): Promise<void>
  /** All that a user allowed an app at once. */
  revokeGrant(grant: string): Promise<void>
  /** A browser's session, with the access tokens that were given in it. */
  revokeSession(session: string): Promise<void>
  /** All that a user has: sessions, grants, tokens, everywhere. */
  revokeSubject(user: string): Promise<void>
  /** All that an app has, of itself and of users. */
  revokeClient(app: string): Promise<void>
}

export function revokerOf({
  store,
  clock,
  issuer,
  lifetimes,
  standsFor,
}: {
  readonly store: Store
  readonly clock: Clock
  readonly issuer: URL
  readonly lifetimes: Lifetimes
  /** The app that stands for a client, where one does: what is revoked of it is revoked of the client. */
  readonly standsFor: (client: string) => Promise<string | undefined>
}): Revoker {
  const now = () => fromNow(clock, issuer.href, lifetimes.accessTokenSeconds * 1000)
  const revoke = async (what: Revocable, value: string): Promise<void> => {
    await appendRevocations(store, [{ ...now(), what, value }])
  }
  const given = onceFor((what: Omit<Given, 'issuer'>): Given => ({ issuer: issuer.href, ...what }))
  return {
    async covers(what) {
      const app = what.client === undefined ? undefined : await standsFor(what.client)
      return isCutOff(store, app === undefined ? given(what) : { ...given(what), app })
    },
    revokeGrant: (grant) => revoke('grant', grant),
    revokeSession: (session) => revoke('session', session),
    revokeSubject: (user) => revoke('subject', user),
    revokeClient: (app) => revoke('client', app),
    async revokeToken(id, expiresAt) {
      await appendRevocations(store, [{ ...now(), what: 'token', value: id, until: expiresAt }])
    },
  }
}
