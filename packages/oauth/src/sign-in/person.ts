import { federatedUsers, idOf, resources } from '@portcullis/model/collection'
import type { Store } from '@portcullis/ports/store/port'
import type { Subject } from '../token-rules/token-asked.ts'

/**
 * A user of the organization with the roles and groups that they have now; absent where nobody of that name may act. A declared user,
 * or else one of whom an identity provider told: declaring a user of an account's name, disabled, shuts the account.
 */
export async function personOf(
  store: Store,
  organization: string,
  user: string,
): Promise<Subject | undefined> {
  const document = await store.get(resources, organization, idOf.resource('User', user))
  if (document?.value.kind === 'User') {
    const { disabled, roles = [], groups = [] } = document.value.spec
    return disabled ? undefined : { name: user, roles, groups }
  }
  const federated = await store.get(federatedUsers, organization, user)
  if (federated === undefined) return undefined
  const { roles, groups } = federated.value
  return { name: user, roles, groups }
}
