import type { SecurityScheme } from '@portcullis/model/security'
import { quoted } from '../token/bearer-challenge.ts'

/** Where a call carries an API key. */
export interface ApiKeyPlace {
  readonly in: 'header' | 'query' | 'authorization'
  /** Of the field, in lower case; of the parameter, as it is; the authentication scheme, in lower case. */
  readonly name: string
}

/** What the challenge of a key in Authorization is called, and in OpenAPI `scheme` of a scheme of type `http`. */
const SCHEME = 'apikey'

/** Whether a scheme's credential is an API key. A key in a cookie would come with calls that nobody meant to make. */
export function isApiKey(scheme: SecurityScheme): boolean {
  if (scheme.type === 'http') return scheme.scheme.toLowerCase() === SCHEME
  return scheme.type === 'apiKey' && scheme.in !== 'cookie'
}

/** @throws RangeError for a scheme that is none of API keys. */
export function placeOf(scheme: SecurityScheme): ApiKeyPlace {
  if (scheme.type === 'http') return { in: 'authorization', name: SCHEME }
  if (scheme.type !== 'apiKey' || scheme.in === 'cookie') throw new RangeError('no scheme of API keys')
  return { in: scheme.in, name: scheme.in === 'header' ? scheme.name.toLowerCase() : scheme.name }
}

/** A challenge that says where the key goes: there is no registered one for keys (RFC 9110 §11.6.1 wants one). */
export function apiKeyChallenge({ in: place, name }: ApiKeyPlace, realm: string, error?: string): string {
  const parameters = [`realm=${quoted(realm)}`]
  if (place !== 'authorization') parameters.push(`in=${quoted(place)}`, `name=${quoted(name)}`)
  if (error !== undefined) parameters.push(`error_description=${quoted(error)}`)
  return `ApiKey ${parameters.join(', ')}`
}
