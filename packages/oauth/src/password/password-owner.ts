import { idOf, resources, SYSTEM } from '@portcullis/model/collection'
import type { Store } from '@portcullis/ports/store/port'
import type { PasswordOwner } from './new-password.ts'

/** What others know of a user, for the rules of passwords; absent where there is no such user. */
export async function passwordOwner(
  store: Store,
  organization: string,
  user: string,
): Promise<PasswordOwner | undefined> {
  const [found, owner] = await Promise.all([
    store.get(resources, organization, idOf.resource('User', user)),
    store.get(resources, SYSTEM, idOf.resource('Organization', organization)),
  ])
  if (found?.value.kind !== 'User') return undefined
  const { title, email } = found.value.spec
  const spec = owner?.value.kind === 'Organization' ? owner.value.spec : undefined
  return {
    organization,
    user,
    words: [title, email, spec?.title],
    secondFactor: spec?.secondFactor === 'required',
  }
}
