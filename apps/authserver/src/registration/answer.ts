import type { Secret } from '@portcullis/kernel/secret'
import type { AppSpec } from '@portcullis/model/resource/app'
import { grantTypeOf } from '@portcullis/oauth/client/grant-type'
import { clientMetadata, OWN_METADATA } from '../provider/client.ts'
import type { Tenant } from '../tenant.ts'
import { RegistrationError } from './fault.ts'

/** What an app is told of itself (RFC 7591 §3.2.1, RFC 7592 §3): never what people decided about it. */
export function describeApp(
  tenant: Tenant,
  name: string,
  app: AppSpec,
  shown: { readonly token: string; readonly secret?: Secret | undefined },
): Record<string, unknown> {
  const metadata = Object.entries(clientMetadata(name, app)).filter(([key]) => !isOwn(key))
  return {
    ...Object.fromEntries(metadata),
    // Without those that every app has.
    grant_types: app.grants.map(grantTypeOf),
    ...(app.registered !== undefined && { client_id_issued_at: Date.parse(app.registered.at) / 1000 }),
    ...(shown.secret !== undefined && {
      client_secret: shown.secret.reveal(),
      client_secret_expires_at: 0,
    }),
    registration_client_uri: `${tenant.issuer.href}/register/${name}`,
    registration_access_token: shown.token,
  }
}

/** Refuses what oidc-provider would not take for a client, before it is kept. */
export function demandUsable({ provider }: Tenant, name: string, app: AppSpec): void {
  try {
    Reflect.construct(provider.Client, [clientMetadata(name, app)])
  } catch (thrown) {
    if (!(thrown instanceof Error && 'error' in thrown)) throw thrown
    const description = 'error_description' in thrown ? String(thrown.error_description) : 'it cannot be used'
    throw new RegistrationError(400, String(thrown.error), description)
  }
}

function isOwn(key: string): boolean {
  return OWN_METADATA.some((each) => each === key)
}
