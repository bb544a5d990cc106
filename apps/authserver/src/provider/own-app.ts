import { idOf, resources } from '@portcullis/model/collection'
import { type AppSpec, appSpec } from '@portcullis/model/resource/app'
import type { Store } from '@portcullis/ports/store/port'

/** The app by which users sign in to their own account. No declared app can have this name. */
export const ACCOUNT_APP = 'urn:portcullis:account'

/** Where its users are sent after signing in. It asks nothing but that: its codes are never redeemed. */
export function signedInUrl(issuer: URL): string {
  return `${issuer.href}/account/signed-in`
}

export interface KnownApp {
  readonly name: string
  readonly spec: AppSpec
}

/** An app of the organization, or our own. */
export async function readApp(
  store: Store,
  organization: string,
  issuer: URL,
  id: string,
): Promise<KnownApp | undefined> {
  if (id === ACCOUNT_APP) return { name: id, spec: accountApp(issuer) }
  const document = await store.get(resources, organization, idOf.resource('App', id))
  return document?.value.kind === 'App' ? document.value : undefined
}

function accountApp(issuer: URL): AppSpec {
  return appSpec.parse({
    title: 'your account',
    grants: ['authorization_code'],
    redirectUris: [signedInUrl(issuer)],
    public: true,
    firstParty: true,
  })
}
