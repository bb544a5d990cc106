import { onceFor } from '@portcullis/kernel/once-for'
import { isClientDocumentUrl } from '@portcullis/model/client-document'
import { credentials } from '@portcullis/model/collection'
import type { Credential } from '@portcullis/model/credential/credential'
import type { AppSpec } from '@portcullis/model/resource/app'
import { grantTypeOf } from '@portcullis/oauth/client/grant-type'
import { dangerOfRedirectUri, isPrivateScheme } from '@portcullis/oauth/client/redirect-uri'
import type { Store } from '@portcullis/ports/store/port'
import { copyOf } from '@portcullis/ports/store/read-document'
import type { Adapter, AdapterPayload, Client, Provider } from 'oidc-provider'
import type { KnownApp, ReadApp } from './own-app.ts'

/** Metadata of ours beside that of RFC 7591. */
export const FIRST_PARTY = 'firstParty'
export const CONSENTED = 'consentedScopes'
export const SERVES = 'serves'
export const EXCHANGE_RIGHTS = 'exchangeRights'
export const VOUCHES = 'vouchesForUsers'
export const PROFILE = 'profile'
export const CHECKED_BY = 'checkedBy'
export const ASSERTED_BY = 'assertedBy'
export const ROLES = 'roles'
/** To oidc-provider, which knows no push, such an app is one that is told. */
export const PUSHED = 'pushed'
/** Where tokens that people have allowed are brought, and to whom they are shown. */
export const TOKEN_DELIVERY = 'tokenDelivery'
export const TOKEN_RECIPIENT = 'tokenRecipient'
/** The `grant_type` by which an approved token is picked up. */
export const APPROVED_TOKEN = 'urn:portcullis:params:oauth:grant-type:approved-token'
/** The one by which an app asks for scopes in advance. */
export const SCOPE_REQUEST = 'urn:portcullis:params:oauth:grant-type:scope-request'
/** All of them. */
export const OWN_METADATA = [
  FIRST_PARTY,
  CONSENTED,
  SERVES,
  EXCHANGE_RIGHTS,
  VOUCHES,
  PROFILE,
  CHECKED_BY,
  ASSERTED_BY,
  ROLES,
  PUSHED,
  TOKEN_DELIVERY,
  TOKEN_RECIPIENT,
] as const

const MOST_CREDENTIALS = 1000

/**
 * Clients are the organization's apps, and those that describe themselves where an app stands for them. They are read for every request, so that an app that was
 * removed, or a credential that was revoked, stops working at once.
 */
export class AppAdapter implements Adapter {
  readonly #readApp: ReadApp
  readonly #metadataOf: (app: KnownApp) => AdapterPayload | undefined

  constructor(readApp: ReadApp, detailTypes: readonly string[]) {
    this.#readApp = readApp
    this.#metadataOf = onceFor(({ name, spec }) =>
      spec.disabled ? undefined : clientMetadata(name, spec, detailTypes),
    )
  }

  /** The same metadata for as long as the app is the same. */
  async find(id: string): Promise<AdapterPayload | undefined> {
    const app = await this.#readApp(id)
    return app && this.#metadataOf(app)
  }

  upsert = refuse
  findByUid = refuse
  findByUserCode = refuse
  consume = refuse
  destroy = refuse
  revokeByGrantId = refuse
}

/**
 * oidc-provider makes a text of a client's metadata and hashes it whenever it looks one up, to see whether it knows the client
 * already. As long as an app is the same, its metadata are the same object, and so is its client.
 */
export function rememberClients({ Client: clients }: Provider): void {
  const known = new WeakMap<AdapterPayload, Client>()
  const find = clients.find.bind(clients)
  const { adapter } = clients as typeof clients & { readonly adapter: Adapter }
  clients.find = async (id) => {
    const metadata = typeof id === 'string' ? await adapter.find(id) : undefined
    if (!metadata) return find(id)
    const client = known.get(metadata) ?? (await find(id))
    if (client !== undefined) known.set(metadata, client)
    return client
  }
}

/** What an app may do, as OAuth client metadata (RFC 7591 §2). */
export function clientMetadata(
  id: string,
  app: AppSpec,
  detailTypes: readonly string[] = [],
): AdapterPayload {
  const redirectUris = app.redirectUris.filter((uri) => dangerOfRedirectUri(uri) === undefined)
  const mayRedirect = app.grants.includes('authorization_code') && redirectUris.length > 0
  const grants = app.grants.filter((grant) => {
    // RFC 6749 §4.4: only a client that can keep a secret acts for itself, or carries on what somebody else began.
    if (grant === 'device_code') return true
    if (grant === 'refresh_token')
      return mayRedirect || app.grants.includes('device_code') || app.grants.includes('ciba')
    return grant === 'authorization_code' ? mayRedirect : !app.public
  })
  return {
    client_id: id,
    client_name: app.title,
    application_type: redirectUris.some(hasPrivateScheme) ? 'native' : 'web',
    ...authenticationOf(app),
    ...protectionOf(app),
    // What people have approved is picked up by whoever asked for it; scopes in advance are asked for by any app that is known.
    grant_types: [
      ...grants.map(grantTypeOf),
      APPROVED_TOKEN,
      ...(isClientDocumentUrl(id) ? [] : [SCOPE_REQUEST]),
    ],
    response_types: mayRedirect ? ['code'] : [],
    // Of those that no API knows any more the provider knows nothing.
    ...(detailTypes.length > 0 && {
      authorization_details_types: detailTypes.filter((type) => app.authorizationDetails?.includes(type)),
    }),
    response_modes: ['query', 'query.jwt', 'jwt'],
    redirect_uris: mayRedirect ? redirectUris : [],
    [FIRST_PARTY]: app.firstParty,
    ...(app.checkedBy !== undefined && { [CHECKED_BY]: app.checkedBy }),
    ...(app.assertedBy !== undefined && { [ASSERTED_BY]: app.assertedBy }),
    ...(app.consentedScopes !== undefined && { [CONSENTED]: app.consentedScopes }),
    ...(app.serves !== undefined && { [SERVES]: app.serves }),
    [VOUCHES]: app.vouchesForUsers === true,
    ...deliveryOf(app),
    ...(app.roles !== undefined && { [ROLES]: app.roles }),
    ...(app.exchangeRights !== undefined && { [EXCHANGE_RIGHTS]: app.exchangeRights }),
  }
}

function deliveryOf({ tokenDelivery, owner }: AppSpec): AdapterPayload {
  if (tokenDelivery === undefined) return {}
  return tokenDelivery === 'owner' ? { [TOKEN_RECIPIENT]: owner } : { [TOKEN_DELIVERY]: tokenDelivery }
}

/** What is asked of it beyond what is asked of every app. */
function protectionOf(app: AppSpec): AdapterPayload {
  const isFapi = app.profile === 'fapi2'
  const toldAt = app.pushUri ?? app.pingUri
  return {
    ...(isFapi && { [PROFILE]: app.profile }),
    dpop_bound_access_tokens: app.boundTokens === true || (isFapi && app.certificateBoundTokens !== true),
    ...(app.certificateBoundTokens === true && { tls_client_certificate_bound_access_tokens: true }),
    ...(app.grants.includes('ciba') && {
      backchannel_token_delivery_mode: toldAt === undefined ? 'poll' : 'ping',
      backchannel_user_code_parameter: app.userCodes === true,
      ...(toldAt !== undefined && { backchannel_client_notification_endpoint: toldAt }),
      [PUSHED]: app.pushUri !== undefined,
    }),
    require_pushed_authorization_requests: isFapi || app.requests === 'pushed',
    require_signed_request_object: app.requests === 'signed',
    ...(app.signOutRedirectUris !== undefined && { post_logout_redirect_uris: app.signOutRedirectUris }),
    ...(app.signOutUri !== undefined && {
      backchannel_logout_uri: app.signOutUri,
      backchannel_logout_session_required: true,
    }),
  }
}

function authenticationOf(app: AppSpec): AdapterPayload {
  const { public: isPublic, authentication = 'secret', jwks, jwksUri, certificate } = app
  const method = authentication === 'secret' ? 'client_secret_basic' : authentication
  return {
    token_endpoint_auth_method: isPublic ? 'none' : method,
    // oidc-provider writes into keys that bring their certificates along.
    ...(jwks !== undefined && { jwks: copyOf(jwks) }),
    ...(jwksUri !== undefined && { jwks_uri: jwksUri }),
    ...(certificate?.subject !== undefined && { tls_client_auth_subject_dn: certificate.subject }),
    ...(certificate?.dns !== undefined && { tls_client_auth_san_dns: certificate.dns }),
    ...(certificate?.uri !== undefined && { tls_client_auth_san_uri: certificate.uri }),
    ...(certificate?.email !== undefined && { tls_client_auth_san_email: certificate.email }),
  }
}

/** Every credential of an app, usable or not. */
export async function readCredentials(
  store: Store,
  organization: string,
  app: string,
): Promise<readonly Credential[]> {
  const where = { attribute: 'app', equals: app }
  const documents = await store.find(credentials, organization, { where, limit: MOST_CREDENTIALS })
  return documents.map(({ value }) => value)
}

function hasPrivateScheme(uri: string): boolean {
  return isPrivateScheme(new URL(uri))
}

function refuse(): Promise<never> {
  return Promise.reject(new Error('clients are App resources: they are changed through the management API'))
}
