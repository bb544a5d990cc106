import type { Collection } from '@portcullis/model/collection'
import type { AdapterPayload } from 'oidc-provider'

/** What oidc-provider keeps, by its own name. A model that is not listed belongs to a feature that is off. */
const MODELS = {
  Session: 'oidc-session',
  Interaction: 'oidc-interaction',
  Grant: 'oidc-grant',
  AuthorizationCode: 'oidc-authorization-code',
  RefreshToken: 'oidc-refresh-token',
  DeviceCode: 'oidc-device-code',
  BackchannelAuthenticationRequest: 'oidc-backchannel-authentication-request',
  PushedAuthorizationRequest: 'oidc-pushed-authorization-request',
  // JWT access tokens are not stored; these are only ever asked and found empty.
  AccessToken: 'oidc-access-token',
  ClientCredentials: 'oidc-client-credentials',
  /** Ids of proofs and assertions that were used. */
  ReplayDetection: 'oidc-replay-detection',
} as const

export type Model = keyof typeof MODELS
export type OidcCollection = Collection<AdapterPayload>

type Attribute = 'grantId' | 'uid' | 'userCode' | 'accountId'

/** By what each is looked for, and nothing else, as every attribute is written with every document. `accountId`: for the pages of the account. */
const INDEXED: Readonly<Partial<Record<Model, readonly Attribute[]>>> = {
  Session: ['uid', 'accountId'],
  Grant: ['accountId'],
  AuthorizationCode: ['grantId'],
  RefreshToken: ['grantId'],
  DeviceCode: ['grantId', 'userCode'],
  BackchannelAuthenticationRequest: ['grantId', 'accountId'],
  AccessToken: ['grantId'],
}

export function isModel(name: string): name is Model {
  return Object.hasOwn(MODELS, name)
}

export const oidcCollections = Object.fromEntries(
  Object.entries(MODELS).map(([model, name]) => {
    const attributes = INDEXED[model as Model] ?? []
    return [model, { name, index: (payload: AdapterPayload) => indexOf(payload, attributes) }]
  }),
) as Readonly<Record<Model, OidcCollection>>

/** What a grant gives: all of it is void when the grant is revoked. */
export const grantedModels: readonly Model[] = [
  'AuthorizationCode',
  'DeviceCode',
  'BackchannelAuthenticationRequest',
  'RefreshToken',
  'AccessToken',
]

function indexOf(payload: AdapterPayload, attributes: readonly Attribute[]): Record<string, string> {
  return Object.fromEntries(
    attributes.flatMap((name) => {
      const value = payload[name]
      return typeof value === 'string' ? [[name, value]] : []
    }),
  )
}
