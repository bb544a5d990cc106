import { idOf, resources, SYSTEM, secondFactors } from '@portcullis/model/collection'
import type { Store } from '@portcullis/ports/store/port'

/** Whether a password alone is not enough for a user: the organization demands more, or the user has proved an app. */
export async function needsSecondFactor(store: Store, organization: string, user: string): Promise<boolean> {
  const [owner, factor] = await Promise.all([
    store.get(resources, SYSTEM, idOf.resource('Organization', organization)),
    store.get(secondFactors, organization, user),
  ])
  const isDemanded = owner?.value.kind === 'Organization' && owner.value.spec.secondFactor === 'required'
  return isDemanded || factor?.value.confirmedAt !== undefined
}
