import type { Holder } from '@portcullis/model/approval/entitlement'
import { idOf, tokenRules } from '@portcullis/model/collection'
import {
  askForScopes,
  type EntitlementParts,
  type ScopesAnswer,
} from '@portcullis/oauth/entitlement/entitlements'
import { entitlementFaults } from '@portcullis/oauth/entitlement/fault'
import { personOf } from '@portcullis/oauth/sign-in/person'
import { offerOf, offersFor, type ScopeOffer } from '@portcullis/oauth/token-rules/offer'
import type { ReadDirectory } from '../read-directory.ts'

export interface OfferParts extends EntitlementParts {
  readonly organization: string
  readonly readDirectory: ReadDirectory
}

/** What somebody may ask for in advance, as the token rules are now. */
export async function scopeOffers(
  { store, organization }: OfferParts,
  holder: Holder,
): Promise<ScopeOffer[]> {
  const document = await store.get(tokenRules, organization, idOf.tokenRules)
  if (document === undefined) return []
  const person = holder.kind === 'user' ? await personOf(store, organization, holder.name) : undefined
  if (holder.kind === 'user' && person === undefined) return []
  return offersFor(document.value, { holder, roles: person?.roles ?? [] })
}

/** Fault: `entitlement.not-offered`. */
export async function requestScopes(
  parts: OfferParts,
  holder: Holder,
  audience: string,
  scopes: readonly string[],
): Promise<ScopesAnswer> {
  const known = (await parts.readDirectory()).audiences.get(audience)
  const isDeclared = known !== undefined && scopes.every((each) => known.scopes.has(each))
  const offer = isDeclared ? offerOf(await scopeOffers(parts, holder), known.api, scopes) : undefined
  if (offer === undefined) throw entitlementFaults['not-offered']()
  return askForScopes(parts, parts.organization, { holder, audience, scopes }, offer)
}
