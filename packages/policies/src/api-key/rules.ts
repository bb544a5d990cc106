import { hash, timingSafeEqual } from 'node:crypto'
import { apiKeyIdOf, hasGoodChecksum } from '@portcullis/kernel/api-key'
import { type ApiKey, stateOfApiKey } from '@portcullis/model/credential/api-key'
import type { IncomingRequest } from '@portcullis/policy-kit/exchange'
import { parametersNamed } from '@portcullis/policy-kit/message/query'
import type { ApiKeys } from '@portcullis/ports/api-keys/port'
import type { ApiKeyPlace } from '../scheme/api-key-place.ts'
import { apiKeyFaults } from './contract.ts'

/** All that a call carries at a place for keys. */
export function keysAt(
  { headers, target }: IncomingRequest,
  { in: place, name }: ApiKeyPlace,
): readonly string[] {
  switch (place) {
    case 'header':
      return headers.all(name)
    case 'query':
      return parametersNamed(target, name)
    case 'authorization':
      return headers.all('authorization').flatMap((field) => credentialsOf(field, name))
  }
}

/** What follows the scheme of an Authorization field; nothing where it is of another scheme (RFC 9110 §11.6.2). */
function credentialsOf(field: string, scheme: string): string[] {
  const end = field.indexOf(' ')
  const named = end === -1 ? field : field.slice(0, end)
  if (named.toLowerCase() !== scheme) return []
  return [end === -1 ? '' : field.slice(end).trim()]
}

/**
 * The key that a text is, if it is one of this organization and may be used.
 *
 * @throws api-key.malformed, api-key.unknown, api-key.revoked, api-key.expired
 */
export function recognize(text: string, organization: string, keys: ApiKeys, nowMillis: number): ApiKey {
  const id = apiKeyIdOf(text)
  if (id === undefined) throw apiKeyFaults.malformed()
  const known = keys.find(id)
  if (known === undefined || known.organization !== organization || !isOf(text, known)) {
    throw hasGoodChecksum(text) ? apiKeyFaults.unknown() : apiKeyFaults.malformed()
  }
  // Only who has the whole key learns what has become of it.
  const state = stateOfApiKey(known, nowMillis)
  if (state !== 'usable') throw apiKeyFaults[state]()
  return known
}

function isOf(text: string, { hash: expected }: ApiKey): boolean {
  const presented = hash('sha256', text, 'buffer')
  const kept = Buffer.from(expected, 'base64url')
  return kept.length === presented.length && timingSafeEqual(presented, kept)
}
