import type { AccountLink, FederatedUser } from '@portcullis/model/user/federated-user'
import {
  type FederatedAccountParts,
  linksOf,
  listFederatedUsers,
  removeFederatedUser,
  unlinkAccount,
} from '@portcullis/oauth/sign-in/federated-accounts'
import type { ControlledRevocations } from '../revocation/revocations.ts'

export type KnownLink = AccountLink & { readonly id: string }

/** Users whom identity providers told of, and with whom users sign in. What is taken away ends sessions and tokens of its user. */
export interface FederatedAccounts {
  list(organization: string): Promise<FederatedUser[]>
  /** Fault: `federation.unknown-user`. */
  remove(
    organization: string,
    user: string,
    actor: string,
  ): Promise<{ user: FederatedUser; position: number }>
  links(organization: string, user: string): Promise<KnownLink[]>
  /** Fault: `federation.unknown-link`. */
  unlink(organization: string, id: string, actor: string): Promise<{ link: KnownLink; position: number }>
}

export function openFederatedAccounts(
  parts: FederatedAccountParts,
  revocations: Pick<ControlledRevocations, 'revoke'>,
): FederatedAccounts {
  /** Revokes all that a user was issued, and remembers at which position. */
  const ending = (organization: string, actor: string) => {
    const ended = { position: 0 }
    const end = async (value: string): Promise<void> => {
      ended.position = await revocations.revoke(organization, [{ what: 'subject', value }], { actor })
    }
    return { ended, end }
  }
  return {
    list: (organization) => listFederatedUsers(parts.store, organization),
    async remove(organization, name, actor) {
      const { ended, end } = ending(organization, actor)
      const user = await removeFederatedUser(parts, organization, name, actor, end)
      return { user, ...ended }
    },
    links: async (organization, user) =>
      (await linksOf(parts.store, organization, user)).map(({ id, value }) => ({ id, ...value })),
    async unlink(organization, id, actor) {
      const { ended, end } = ending(organization, actor)
      const link = await unlinkAccount(parts, organization, id, actor, ({ user }) => end(user))
      return { link: { id, ...link }, ...ended }
    },
  }
}
