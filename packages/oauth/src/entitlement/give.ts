import { newId } from '@portcullis/kernel/id'
import type { Approval } from '@portcullis/model/approval/approval'
import type { Entitlement, Holder } from '@portcullis/model/approval/entitlement'
import { entitlements } from '@portcullis/model/collection'
import { type Change, put } from '@portcullis/ports/store/port'
import type { ApprovalKind } from '../approval/kind.ts'

/** Scopes in advance: they are there with the approval that gives them. */
export const scopesKind: ApprovalKind = {
  kind: 'scopes',
  changesWhenApproved: async ({ organization, approval, nowMillis }) => [
    givingApproved(organization, approval, nowMillis),
  ],
}

function givingApproved(organization: string, { id, details }: Approval, nowMillis: number): Change {
  const [kind, ...name] = String(details.holder).split('/')
  const holder: Holder = { kind: kind === 'app' ? 'app' : 'user', name: name.join('/') }
  const scopes = Array.isArray(details.scopes) ? details.scopes : []
  const wanted = { holder, audience: String(details.audience), scopes, from: `approval/${id}` }
  return giving(organization, entitlementOf(wanted, Number(details.lifeMillis), nowMillis))
}

export function entitlementOf(
  wanted: Pick<Entitlement, 'holder' | 'audience' | 'from'> & { readonly scopes: readonly string[] },
  lifeMillis: number,
  nowMillis: number,
): Entitlement {
  return {
    ...wanted,
    scopes: [...wanted.scopes],
    id: newId('ent', nowMillis),
    givenAt: new Date(nowMillis).toISOString(),
    expiresAt: new Date(nowMillis + lifeMillis).toISOString(),
  }
}

export function giving(organization: string, entitlement: Entitlement): Change {
  const options = { expect: 'absent', expiresAt: Date.parse(entitlement.expiresAt) } as const
  return put(entitlements, organization, entitlement.id, entitlement, options)
}
