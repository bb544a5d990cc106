import type { Person } from '@portcullis/model/approval'
import { idOf, resources } from '@portcullis/model/collection'
import type { Store } from '@portcullis/ports/store/port'

/** A user of the organization with the roles that they have now; absent where nobody of that name may act. */
export async function personOf(
  store: Store,
  organization: string,
  user: string,
): Promise<Person | undefined> {
  const document = await store.get(resources, organization, idOf.resource('User', user))
  if (document?.value.kind !== 'User' || document.value.spec.disabled) return undefined
  return { name: user, roles: document.value.spec.roles ?? [] }
}
