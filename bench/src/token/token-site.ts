import type { JWK } from 'jose'

/** What a served authorization server tells of itself, so that it can be asked for everything that is measured. */
export interface TokenSite {
  readonly port: number
  readonly issuer: string
  readonly tokenPath: string
  readonly introspectionPath: string
  /** An app with a secret and every grant. */
  readonly client: { readonly id: string; readonly secret: string }
  /** The audience of tokens, and the one for which they are exchanged. */
  readonly resource: string
  readonly exchangeTo: string
  /** A user's token for `resource`, and one that is introspected. */
  readonly subjectToken: string
  readonly inspectedToken: string
  /** One for each connection. */
  readonly refreshTokens: readonly string[]
  /** With which the app signs assertions; its public half is registered. */
  readonly key: JWK
}

/** At the same time, each asking again once it is answered. */
export const CONNECTIONS = 8

export const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'
export const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
export const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token'
