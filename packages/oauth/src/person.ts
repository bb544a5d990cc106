import { idOf, resources } from '@portcullis/model/collection'
import type { Store } from '@portcullis/ports/store/port'
import type { Subject } from './token-rules/token-asked.ts'

/** A user of the organization with the roles and groups that they have now; absent where nobody of that name may act. */
export async function personOf(
  store: Store,
  organization: string,
  user: string,
): Promise<Subject | undefined> {
  const document = await store.get(resources, organization, idOf.resource('User', user))
  if (document?.value.kind !== 'User' || document.value.spec.disabled) return undefined
  const { roles = [], groups = [] } = document.value.spec
  return { name: user, roles, groups }
}
