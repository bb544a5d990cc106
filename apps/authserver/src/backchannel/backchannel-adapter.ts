import { broughtForward, delivering } from '@portcullis/oauth/delivery/deliveries'
import type { Change } from '@portcullis/ports/store/port'
import { type AdapterPayload, Provider } from 'oidc-provider'
import { oidcCollections } from '../provider/collection.ts'
import { type AdapterContext, keyOf, StoreAdapter } from '../provider/store-adapter.ts'

/**
 * Requests of apps to users on other devices. With a request that is not polled for it is written that its app is told: when the user
 * has answered, or when the time is over.
 */
export class BackchannelAdapter extends StoreAdapter {
  readonly #context: AdapterContext

  constructor(context: AdapterContext) {
    super(oidcCollections.BackchannelAuthenticationRequest, context)
    this.#context = context
  }

  protected override async alongside(
    id: string,
    payload: AdapterPayload,
    expiresAt = this.#context.clock.now(),
  ): Promise<readonly Change[]> {
    const { store, clock, organization } = this.#context
    const { clientId: app, params, grantId, error } = payload
    const token = params?.client_notification_token
    if (app === undefined || typeof token !== 'string') return []
    const delivery = { organization, app, kind: 'backchannel', id } as const
    if (grantId !== undefined || error !== undefined) {
      const before = await store.get(
        oidcCollections.BackchannelAuthenticationRequest,
        organization,
        keyOf(id),
      )
      return broughtForward(store, delivery, before?.expiresAt ?? expiresAt, clock.now())
    }
    const ctx = Provider.ctx
    const userAgent = ctx?.get('User-Agent').slice(0, 512)
    const from = { address: ctx?.ip ?? '', ...(userAgent && { userAgent }) }
    return [delivering({ ...delivery, from, notificationToken: token, tries: 0 }, expiresAt)]
  }
}
