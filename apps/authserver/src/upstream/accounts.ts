import { accountLinks, federatedUsers, resources } from '@portcullis/model/collection'
import type { AccountLink } from '@portcullis/model/user/federated-user'
import { accountNameOf, linkIdOf } from '@portcullis/oauth/sign-in/account-link'
import { personOf } from '@portcullis/oauth/sign-in/person'
import type { Clock } from '@portcullis/ports/clock/port'
import { type Change, MAX_LIMIT, put, type Store, storeFaults } from '@portcullis/ports/store/port'
import { upstreamFaults } from './fault.ts'
import { mailDomainOf } from './home-realm.ts'
import { type Provider, rolesOf } from './providers.ts'
import type { UpstreamIdentity } from './upstream.ts'

const MOST_TITLE_CHARACTERS = 200

export interface AccountParts {
  readonly store: Store
  readonly clock: Clock
  readonly organization: string
}

/** Whose account it is; `unlinked` where somebody has to prove that one is theirs, or has none. */
export type AccountFound =
  | { readonly user: string; readonly how: 'known' | 'joined' | 'created' }
  | 'unlinked'

/**
 * The account of somebody whom a provider told of: the one that is linked; or of which the provider decides, by its
 * mail address; or a new one. Never one that only has the same address. Fault: `upstream.disabled`.
 */
export function accountOf(
  parts: AccountParts,
  provider: Provider,
  identity: UpstreamIdentity,
): Promise<AccountFound> {
  return findAgain(() => findAccount(parts, provider, identity))
}

/** Where another request has made the account, or linked it, since it was looked for, that is the one. */
async function findAgain<T>(find: () => Promise<T>): Promise<T> {
  try {
    return await find()
  } catch (thrown) {
    if (!upstreamFaults.expired.is(thrown)) throw thrown
    return find()
  }
}

async function findAccount(
  parts: AccountParts,
  provider: Provider,
  identity: UpstreamIdentity,
): Promise<AccountFound> {
  const { store, organization } = parts
  const key = keyOf(provider, identity)
  const linked = await store.get(accountLinks, organization, linkIdOf(key))
  if (linked !== undefined) {
    const { user } = linked.value
    if ((await personOf(store, organization, user)) === undefined) throw upstreamFaults.disabled()
    await keepBelonging(parts, provider, identity, user)
    return { user, how: 'known' }
  }
  const own = await ownerOfAddress(parts, provider, identity)
  if (own !== undefined) {
    if ((await personOf(store, organization, own)) === undefined) throw upstreamFaults.disabled()
    await linkAccount(parts, provider, identity, own)
    return { user: own, how: 'joined' }
  }
  if (provider.spec.accounts === 'linked') return 'unlinked'
  return { user: await createAccount(parts, provider, identity), how: 'created' }
}

/**
 * The same for somebody of whom a token of the provider speaks, which says nothing of addresses and groups: an account that is
 * there stays as it is. Absent where somebody has to prove that one is theirs first.
 */
export function accountOfSubject(
  parts: AccountParts,
  provider: Provider,
  who: Pick<UpstreamIdentity, 'issuer' | 'subject'>,
): Promise<string | undefined> {
  return findAgain(() => findAccountOfSubject(parts, provider, who))
}

async function findAccountOfSubject(
  parts: AccountParts,
  provider: Provider,
  who: Pick<UpstreamIdentity, 'issuer' | 'subject'>,
): Promise<string | undefined> {
  const { store, organization } = parts
  const linked = await store.get(accountLinks, organization, linkIdOf(keyOf(provider, who)))
  if (linked !== undefined || provider.spec.accounts === 'linked') return linked?.value.user
  return createAccount(parts, provider, { ...who, groups: [], claims: {}, multiFactor: false }).catch(
    (thrown: unknown) => {
      if (upstreamFaults['no-account'].is(thrown)) return undefined
      throw thrown
    },
  )
}

/** For good, until somebody takes it away. Who has been linked in the meantime stays that. */
export async function linkAccount(
  parts: AccountParts,
  provider: Provider,
  identity: UpstreamIdentity,
  user: string,
): Promise<void> {
  await commitNew(parts.store, [linking(parts, provider, identity, user)])
}

async function createAccount(
  parts: AccountParts,
  provider: Provider,
  identity: UpstreamIdentity,
): Promise<string> {
  const { clock, organization, store } = parts
  const user = accountNameOf(keyOf(provider, identity))
  const account = {
    user,
    title: (identity.name ?? identity.mail?.address ?? user).slice(0, MOST_TITLE_CHARACTERS),
    ...(identity.mail?.verified === true && { mail: identity.mail.address }),
    provider: provider.name,
    ...belongingOf(provider, identity),
    createdAt: new Date(clock.now()).toISOString(),
  }
  // Who is known, and no longer linked, was unlinked: that stays so until the account is removed.
  const known = await store.get(federatedUsers, organization, user)
  const linked = await store.get(accountLinks, organization, linkIdOf(keyOf(provider, identity)))
  if (known !== undefined && linked === undefined) throw upstreamFaults['no-account']()
  await commitNew(store, [
    put(federatedUsers, organization, user, account, { expect: 'absent' }),
    linking(parts, provider, identity, user),
  ])
  return user
}

/** Of a user who began there; those of declared users are declared. */
async function keepBelonging(
  { store, organization }: AccountParts,
  provider: Provider,
  identity: UpstreamIdentity,
  user: string,
): Promise<void> {
  const found = await store.get(federatedUsers, organization, user)
  if (found?.value.provider !== provider.name) return
  const { roles, groups } = found.value
  const belonging = belongingOf(provider, identity)
  if (JSON.stringify({ roles, groups }) === JSON.stringify(belonging)) return
  await store.commit([put(federatedUsers, organization, user, { ...found.value, ...belonging })])
}

function belongingOf(provider: Provider, identity: UpstreamIdentity) {
  return { roles: rolesOf(provider, identity), groups: identity.groups }
}

function linking(
  { clock, organization }: AccountParts,
  provider: Provider,
  identity: UpstreamIdentity,
  user: string,
): Change {
  const key = keyOf(provider, identity)
  const link: AccountLink = { ...key, user, linkedAt: new Date(clock.now()).toISOString() }
  return put(accountLinks, organization, linkIdOf(key), link, { expect: 'absent' })
}

/** Of two sign-ins at the same moment one comes first, and the other must find what that one made. */
async function commitNew(store: Store, changes: readonly Change[]): Promise<void> {
  try {
    await store.commit(changes)
  } catch (thrown) {
    throw storeFaults.conflict.is(thrown) ? upstreamFaults.expired({ internal: 'linked meanwhile' }) : thrown
  }
}

/** Only where the declaration says that the provider decides whose the address is, and only if it is one person's. */
async function ownerOfAddress(
  { store, organization }: AccountParts,
  { spec }: Provider,
  { mail }: UpstreamIdentity,
): Promise<string | undefined> {
  const domain = mailDomainOf(mail?.address)
  if (mail === undefined || domain === undefined || !mail.verified) return undefined
  if (spec.authoritativeFor?.includes(domain) !== true) return undefined
  const address = mail.address.toLowerCase()
  const where = { attribute: 'kind', equals: 'User' }
  const users = await store.find(resources, organization, { where, limit: MAX_LIMIT })
  const declared = users.flatMap(({ value }) =>
    value.kind === 'User' && value.spec.email?.toLowerCase() === address ? [value.name] : [],
  )
  const told = await store.find(federatedUsers, organization, {
    where: { attribute: 'mail', equals: address },
    limit: 2,
  })
  const owners = new Set([...declared, ...told.map(({ id }) => id)])
  const [owner] = owners
  return owners.size === 1 ? owner : undefined
}

function keyOf(
  { name: provider }: Provider,
  { issuer, subject }: Pick<UpstreamIdentity, 'issuer' | 'subject'>,
) {
  return { provider, issuer, subject }
}
