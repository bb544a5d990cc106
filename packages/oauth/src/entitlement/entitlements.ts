import type { Approval } from '@portcullis/model/approval/approval'
import { type Entitlement, type Holder, holderKey } from '@portcullis/model/approval/entitlement'
import { entitlements } from '@portcullis/model/collection'
import type { Clock } from '@portcullis/ports/clock/port'
import type { Log } from '@portcullis/ports/log/port'
import { remove, type Store } from '@portcullis/ports/store/port'
import { openApprovals } from '../approval/approvals.ts'
import { auditing } from '../audit/audit.ts'
import type { ScopeOffer } from '../token-rules/offer.ts'
import { entitlementFaults } from './fault.ts'
import { entitlementOf, giving } from './give.ts'

const MOST_LISTED = 1000

export interface EntitlementParts {
  readonly store: Store
  readonly clock: Clock
  readonly log: Log
}

export interface ScopesAsked {
  readonly holder: Holder
  readonly audience: string
  readonly scopes: readonly string[]
}

export type ScopesAnswer = { readonly entitlement: Entitlement } | { readonly approval: Approval }

/** Gives what an offer gives at once, and asks its approvers otherwise. */
export async function askForScopes(
  parts: EntitlementParts,
  organization: string,
  { holder, audience, scopes }: ScopesAsked,
  offer: ScopeOffer,
): Promise<ScopesAnswer> {
  const { store, clock, log } = parts
  const now = clock.now()
  if (offer.approvers === undefined) {
    const entitlement = entitlementOf({ holder, audience, scopes, from: offer.origin }, offer.lifeMillis, now)
    const record = { actor: holder.name, action: 'take-scopes', target: `entitlement/${entitlement.id}` }
    await store.commit([giving(organization, entitlement), auditing(organization, record, now)])
    log.info('scopes given', { organization, ...holder, audience, scope: scopes.join(' ') })
    return { entitlement }
  }
  const approval = await openApprovals(parts).ask(organization, {
    kind: 'scopes',
    title: `${holder.name} asks for ${scopes.join(' ')} in advance`.slice(0, 300),
    details: { holder: holderKey(holder), audience, scopes: [...scopes], lifeMillis: offer.lifeMillis },
    asker: holder.kind === 'user' ? { user: holder.name } : { app: holder.name },
    approvers: offer.approvers,
    withinMillis: offer.withinMillis,
  })
  return { approval }
}

/** Those that somebody has now. */
export async function entitlementsOf(
  store: Store,
  organization: string,
  holder: Holder,
): Promise<readonly Entitlement[]> {
  const where = { attribute: 'holder', equals: holderKey(holder) }
  return (await store.find(entitlements, organization, { where })).map(({ value }) => value)
}

/** All of an organization, at most a thousand. */
export async function listEntitlements(store: Store, organization: string): Promise<Entitlement[]> {
  return (await store.find(entitlements, organization, { limit: MOST_LISTED })).map(({ value }) => value)
}

/**
 * Takes them back. What was issued until now is the caller's to revoke: all of the holder's, for a token does not say by what it
 * has a scope. Fault: `entitlement.unknown`.
 */
export async function withdrawEntitlement(
  { store, clock, log }: EntitlementParts,
  organization: string,
  id: string,
  actor: string,
): Promise<Entitlement> {
  const document = await store.get(entitlements, organization, id)
  if (document === undefined) throw entitlementFaults.unknown()
  const record = { actor, action: 'withdraw-scopes', target: `entitlement/${id}` }
  await store.commit([
    remove(entitlements, organization, id, document.version),
    auditing(organization, record, clock.now()),
  ])
  log.info('scopes withdrawn', { organization, actor, entitlement: id })
  return document.value
}
