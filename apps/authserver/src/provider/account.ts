import { passwords } from '@portcullis/model/collection'
import { personOf } from '@portcullis/oauth/sign-in/person'
import type { Store } from '@portcullis/ports/store/port'
import type { Account, FindAccount, Session } from 'oidc-provider'
import { FEDERATED, type FederatedSessions } from '../upstream/federated-sessions.ts'

/** `basis`: that for which the user is looked up, a token or a session, where it is for one. */
export type ReadAccount = (user: string, basis?: Basis) => Promise<Account | undefined>
export type Basis = Parameters<FindAccount>[2] | Session

/**
 * A user, for as long as there is one that may sign in. A disabled or removed user is not found: no sign-in, no code, no
 * refresh. Nor is a user for what is older than the password, since changing it ends what was begun with the old one; nor
 * for what rests on an identity provider that no longer stands by it.
 */
export function accountFinder(
  store: Store,
  organization: string,
  sessions: Pick<FederatedSessions, 'find' | 'renewed'>,
): ReadAccount {
  return async (user, basis) => {
    const [person, password] = await Promise.all([
      personOf(store, organization, user),
      store.get(passwords, organization, user),
    ])
    if (person === undefined) return undefined
    const passwordChangedAt =
      password === undefined ? undefined : Math.floor(Date.parse(password.value.changedAt) / 1000)
    const federated = federationOf(basis)
    if (federated !== undefined) {
      const find = isRefresh(basis) ? 'renewed' : 'find'
      if ((await sessions[find](federated, user)) === undefined) return undefined
    } else if (passwordChangedAt === undefined ? isSignedIn(basis) : isOlder(basis, passwordChangedAt)) {
      return undefined
    }
    return { accountId: user, passwordChangedAt, claims: () => ({ sub: user, ...actorOf(basis) }) }
  }
}

/** The session that began with somebody else; empty where nobody knows which. */
function federationOf(basis: Basis): string | undefined {
  if (basis === undefined || !('amr' in basis) || basis.amr?.includes(FEDERATED) !== true) return undefined
  const uid = 'sessionUid' in basis ? basis.sessionUid : 'uid' in basis ? basis.uid : undefined
  return typeof uid === 'string' ? uid : ''
}

/** Before something new is given. */
function isRefresh(basis: Basis): boolean {
  return basis !== undefined && 'kind' in basis && basis.kind === 'RefreshToken'
}

/** By a password, then: of a user who has none it is no longer good. */
function isSignedIn(basis: Basis): boolean {
  return basis !== undefined && 'amr' in basis && basis.amr !== undefined
}

/** `authTime` and `passwordChangedAt`: seconds since the epoch. */
function isOlder(token: Basis, passwordChangedAt: number): boolean {
  return (
    token !== undefined &&
    'authTime' in token &&
    typeof token.authTime === 'number' &&
    token.authTime < passwordChangedAt
  )
}

/** Of a token that somebody exchanged: who acts with it. */
function actorOf(token: object | undefined): { act?: unknown } {
  const extra = token !== undefined && 'extra' in token ? token.extra : undefined
  return typeof extra === 'object' && extra !== null && 'act' in extra ? { act: extra.act } : {}
}
