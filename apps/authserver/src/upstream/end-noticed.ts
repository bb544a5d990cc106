import type { Log } from '@portcullis/ports/log/port'
import { removeWhere, type Store } from '@portcullis/ports/store/port'
import type { Client, Session } from 'oidc-provider'
import { oidcCollections } from '../provider/collection.ts'
import type { Tenant } from '../tenant.ts'
import type { Provider } from './providers.ts'
import type { UpstreamNotice } from './upstream.ts'

/**
 * Ends what rests on sign-ins that a provider says are over: the sessions, what apps remember of them, and unless the
 * declaration says otherwise the refresh and access tokens that they gave. Gateways follow.
 */
export async function endNoticed(
  { federation, provider: server, revoker, organization }: Tenant,
  { store, log }: { readonly store: Store; readonly log: Log },
  provider: Provider,
  notice: UpstreamNotice,
): Promise<void> {
  const covered = await federation.sessions.covered(provider, notice)
  const uids = covered.map(({ id }) => id)
  if (uids.length === 0) return
  const sessions = await Promise.all(uids.map((uid) => server.Session.findByUid(uid)))
  if ('signOutEnds' in provider.spec && provider.spec.signOutEnds === 'session') {
    // Known by its uid, and not by the cookie with which oidc-provider itself would end it.
    await store.commit(uids.map((uid) => removeWhere(oidcCollections.Session, organization, 'uid', uid)))
  } else {
    for (const uid of uids) await revoker.revokeSession(uid)
    await federation.sessions.forget(uids)
  }
  log.info('signed out by the identity provider', {
    organization,
    provider: provider.name,
    subjects: covered.map(({ value }) => value.user),
  })
  await Promise.all(sessions.map((session) => session && tellApps(server, session, organization, log)))
}

/** Not in the types of oidc-provider. */
type ToldClient = Client & { backchannelLogout(user: string, session: string): Promise<unknown> }

/** As when the user signs out here (OpenID Connect Back-Channel Logout §2.5). Who can't be told now is not told. */
async function tellApps(
  server: Tenant['provider'],
  { accountId, authorizations }: Session,
  organization: string,
  log: Log,
): Promise<void> {
  for (const [id, { sid }] of Object.entries(authorizations ?? {})) {
    const client = await server.Client.find(id)
    if (client?.backchannelLogoutUri === undefined || accountId === undefined || sid === undefined) continue
    await (client as ToldClient)
      .backchannelLogout(accountId, sid)
      .catch((error: unknown) =>
        log.warn('an app was not told of a sign-out', { organization, client: id, error }),
      )
  }
}
