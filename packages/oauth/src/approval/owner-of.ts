import type { Approval } from '@portcullis/model/approval/approval'
import { idOf, resources } from '@portcullis/model/collection'
import type { Store } from '@portcullis/ports/store/port'

/** Who answers for the app that asks, where somebody does: what is asked for is theirs. */
export async function ownerOf(
  store: Store,
  organization: string,
  { asker: { app } }: Pick<Approval, 'asker'>,
): Promise<string | undefined> {
  if (app === undefined) return undefined
  const found = await store.get(resources, organization, idOf.resource('App', app))
  return found?.value.kind === 'App' ? found.value.spec.owner : undefined
}
