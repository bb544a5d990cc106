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
  /** Where codes are sent, and what proves that it is the app that asked for them (RFC 7636). */
  readonly redirectUri: string
  readonly codeVerifier: string
  /** With which the app signs assertions; its public half is registered. */
  readonly key: JWK
}

/** What is good for one token: the server makes many of them when it is asked to, by a line on its standard input. */
export type Supply = 'refresh-token' | 'code' | 'device-code' | 'saml-assertion'

/** Answered with a line: a list of texts. */
export interface SupplyOrder {
  readonly supply: Supply
  readonly count: number
}

/** At the same time, each asking again once it is answered. */
export const CONNECTIONS = 8

export const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'
export const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
export const SAML_BEARER = 'urn:ietf:params:oauth:grant-type:saml2-bearer'
export const DEVICE_CODE = 'urn:ietf:params:oauth:grant-type:device_code'
export const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token'
