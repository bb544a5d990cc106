import { idOf, resources } from '@portcullis/model/collection'
import type { ApprovalKind } from '../approval/kind.ts'
import { delivering } from './deliveries.ts'

/** A token that was allowed: where it is brought to the app, that begins with the word that allows it. */
export const tokenKind: ApprovalKind = {
  kind: 'token',
  async changesWhenApproved({ store, organization, approval: { id, asker }, nowMillis }) {
    const { app } = asker
    const found =
      app === undefined ? undefined : await store.get(resources, organization, idOf.resource('App', app))
    if (app === undefined || found?.value.kind !== 'App') return []
    const { tokenDelivery } = found.value.spec
    if (tokenDelivery === undefined || tokenDelivery === 'owner') return []
    return [delivering({ organization, app, kind: 'approval', id, tries: 0 }, nowMillis)]
  },
}
