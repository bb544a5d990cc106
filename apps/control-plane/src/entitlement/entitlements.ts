import type { Entitlement } from '@portcullis/model/approval/entitlement'
import {
  type EntitlementParts,
  listEntitlements,
  withdrawEntitlement,
} from '@portcullis/oauth/entitlement/entitlements'
import type { ControlledRevocations } from '../revocation/revocations.ts'

/** Scopes that were given in advance. */
export interface ControlledEntitlements {
  list(organization: string): Promise<Entitlement[]>
  /** Takes them back and revokes what whoever had them was issued. Fault: `entitlement.unknown`. */
  withdraw(
    organization: string,
    id: string,
    actor: string,
  ): Promise<{ entitlement: Entitlement; position: number }>
}

export function openEntitlements(
  parts: EntitlementParts,
  revocations: Pick<ControlledRevocations, 'revoke'>,
): ControlledEntitlements {
  return {
    list: (organization) => listEntitlements(parts.store, organization),
    async withdraw(organization, id, actor) {
      const entitlement = await withdrawEntitlement(parts, organization, id, actor)
      const { kind, name } = entitlement.holder
      const what = kind === 'user' ? 'subject' : 'client'
      const position = await revocations.revoke(organization, [{ what, value: name }], { actor })
      return { entitlement, position }
    },
  }
}
