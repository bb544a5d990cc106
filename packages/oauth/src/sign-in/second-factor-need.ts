import { idOf, passkeys, resources, SYSTEM, secondFactors } from '@portcullis/model/collection'
import type { Store } from '@portcullis/ports/store/port'

/** Whether a password alone is not enough for a user: the organization demands more, or the user has an app or a passkey. */
export async function needsSecondFactor(store: Store, organization: string, user: string): Promise<boolean> {
  const [owner, factor, keys] = await Promise.all([
    store.get(resources, SYSTEM, idOf.resource('Organization', organization)),
    store.get(secondFactors, organization, user),
    store.find(passkeys, organization, { where: { attribute: 'user', equals: user }, limit: 1 }),
  ])
  const isDemanded = owner?.value.kind === 'Organization' && owner.value.spec.secondFactor === 'required'
  return isDemanded || factor?.value.confirmedAt !== undefined || keys.length > 0
}
