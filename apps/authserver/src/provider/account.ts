import { idOf, passwords, resources } from '@portcullis/model/collection'
import type { Store } from '@portcullis/ports/store/port'
import type { Account, FindAccount } from 'oidc-provider'

/** `token`: what the user is looked up for, where it is for one. */
export type ReadAccount = (user: string, token?: Parameters<FindAccount>[2]) => Promise<Account | undefined>

/**
 * A user, for as long as there is one that may sign in. A disabled or removed user is not found: no sign-in, no code, no
 * refresh. Nor is a user for a grant that is older than the password: changing it ends what was begun with the old one.
 */
export function accountFinder(store: Store, organization: string): ReadAccount {
  return async (user, token) => {
    const [resource, password] = await Promise.all([
      store.get(resources, organization, idOf.resource('User', user)),
      store.get(passwords, organization, user),
    ])
    if (resource?.value.kind !== 'User' || resource.value.spec.disabled || password === undefined)
      return undefined
    const passwordChangedAt = Math.floor(Date.parse(password.value.changedAt) / 1000)
    if (token !== undefined && isOlder(token, passwordChangedAt)) return undefined
    return { accountId: user, passwordChangedAt, claims: () => ({ sub: user, ...actorOf(token) }) }
  }
}

/** `authTime` and `passwordChangedAt`: seconds since the epoch. */
function isOlder(token: object, passwordChangedAt: number): boolean {
  return 'authTime' in token && typeof token.authTime === 'number' && token.authTime < passwordChangedAt
}

/** Of a token that somebody exchanged: who acts with it. */
function actorOf(token: object | undefined): { act?: unknown } {
  const extra = token !== undefined && 'extra' in token ? token.extra : undefined
  return typeof extra === 'object' && extra !== null && 'act' in extra ? { act: extra.act } : {}
}
