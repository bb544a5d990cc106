import { defineFaults } from '@portcullis/kernel/fault'
import { accountLinks, federatedUsers } from '@portcullis/model/collection'
import type { AccountLink, FederatedUser } from '@portcullis/model/user/federated-user'
import type { Clock } from '@portcullis/ports/clock/port'
import type { Log } from '@portcullis/ports/log/port'
import { type Document, MAX_LIMIT, remove, type Store } from '@portcullis/ports/store/port'
import { auditing } from '../audit/audit.ts'
import { forgetUser } from './forget-user.ts'

export const federationFaults = defineFaults('federation', {
  'unknown-user': {
    status: 404,
    title: 'There is no such user of an identity provider',
    remedy: 'List them; whoever was declared is removed with the declaration.',
  },
  'unknown-link': {
    status: 404,
    title: 'There is no such account link',
    remedy: 'List them: it may have been taken away already.',
  },
})

export interface FederatedAccountParts {
  readonly store: Store
  readonly clock: Clock
  readonly log: Log
}

/** Those whom identity providers told of, by name. */
export async function listFederatedUsers(store: Store, organization: string): Promise<FederatedUser[]> {
  const all: FederatedUser[] = []
  for (let after: string | undefined; ; ) {
    const page = await store.find(federatedUsers, organization, {
      limit: MAX_LIMIT,
      ...(after !== undefined && { after }),
    })
    all.push(...page.map(({ value }) => value))
    if (page.length < MAX_LIMIT) return all
    after = page.at(-1)?.id
  }
}

/** With whom a user may sign in. */
export function linksOf(
  store: Store,
  organization: string,
  user: string,
): Promise<readonly Document<AccountLink>[]> {
  const where = { attribute: 'user', equals: user }
  return store.find(accountLinks, organization, { where, limit: MAX_LIMIT })
}

/**
 * Takes a way of signing in away; sessions and refresh tokens that rest on it are no longer good. `end` revokes what was issued,
 * before: if it fails, somebody signs in once more, and nothing worse. Fault: `federation.unknown-link`.
 */
export async function unlinkAccount(
  { store, clock, log }: FederatedAccountParts,
  organization: string,
  id: string,
  actor: string,
  end: (link: AccountLink) => Promise<void>,
): Promise<AccountLink> {
  const link = await store.get(accountLinks, organization, id)
  if (link === undefined) throw federationFaults['unknown-link']()
  const { user, provider } = link.value
  await end(link.value)
  const record = { actor, action: 'unlink-account', target: `user/${user}/${provider}` }
  await store.commit([
    remove(accountLinks, organization, id, link.version),
    auditing(organization, record, clock.now()),
  ])
  log.info('account unlinked', { organization, actor, subject: user, provider })
  return link.value
}

/**
 * Removes somebody whom an identity provider told of, with all that was kept for them. Whoever signs in there again gets an account
 * anew. `end` as of `unlinkAccount`. Fault: `federation.unknown-user`.
 */
export async function removeFederatedUser(
  { store, clock, log }: FederatedAccountParts,
  organization: string,
  user: string,
  actor: string,
  end: (user: string) => Promise<void>,
): Promise<FederatedUser> {
  const found = await store.get(federatedUsers, organization, user)
  if (found === undefined) throw federationFaults['unknown-user']()
  await end(user)
  const record = { actor, action: 'remove-federated-user', target: `user/${user}` }
  await store.commit([
    remove(federatedUsers, organization, user, found.version),
    ...forgetUser(organization, user),
    auditing(organization, record, clock.now()),
  ])
  log.info('federated user removed', { organization, actor, subject: user })
  return found.value
}
