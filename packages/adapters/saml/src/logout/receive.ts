import type { KeyObject } from 'node:crypto'
import { inflateRawSync } from 'node:zlib'
import { refused } from '@portcullis/ports/assertions/statement'
import type { XmlElement } from '@portcullis/xml/element'
import { readXml } from '@portcullis/xml/read-xml'
import { SIGNATURE_METHODS, suits, verifies } from '../algorithm.ts'
import { MESSAGE_LIMITS } from '../limit.ts'
import { readSigned } from '../signature.ts'

/** A message as a browser brought it: in the query of its URL, to the letter, or in a field of a form. */
export type Received =
  | { readonly binding: 'redirect'; readonly query: string }
  | { readonly binding: 'post'; readonly value: string }

export type MessageField = 'SAMLRequest' | 'SAMLResponse'

/**
 * What was signed of a message: nothing else may be looked at.
 *
 * @throws assertions.refused where it is not signed, or not with one of the keys
 */
export function readReceived(
  received: Received,
  field: MessageField,
  keys: readonly KeyObject[],
): XmlElement {
  if (received.binding === 'redirect') return readQuery(received.query, field, keys)
  const text = Buffer.from(received.value, 'base64').toString('utf8')
  return readSigned(text, readXml(text, MESSAGE_LIMITS), keys).root
}

/** HTTP-Redirect binding (SAML Bindings §3.4.4.1): the signature is over the query as it was sent. */
function readQuery(query: string, field: MessageField, keys: readonly KeyObject[]): XmlElement {
  const sent = partsOf(query)
  const message = sent.get(field)
  const algorithm = sent.get('SigAlg')
  const signature = sent.get('Signature')
  if (message === undefined || algorithm === undefined || signature === undefined)
    throw refused('it is not signed')
  if (sent.has('SAMLEncoding')) throw refused('it is in another encoding')
  const method = SIGNATURE_METHODS.get(decoded(algorithm))
  if (method === undefined) throw refused('the algorithm of the signature is not accepted')
  const relayState = sent.get('RelayState')
  const signed = [
    `${field}=${message}`,
    ...(relayState === undefined ? [] : [`RelayState=${relayState}`]),
    `SigAlg=${algorithm}`,
  ].join('&')
  const value = Buffer.from(decoded(signature), 'base64')
  const holds = keys.some((key) => suits(key, method) && verifies(method, key, Buffer.from(signed), value))
  if (!holds) throw refused('the signature does not hold')
  return readXml(inflated(decoded(message)), MESSAGE_LIMITS)
}

/** Raw values by their names. A name that comes twice could be read in two ways. */
function partsOf(query: string): ReadonlyMap<string, string> {
  const parts = new Map<string, string>()
  for (const part of query.split('&')) {
    const at = part.indexOf('=')
    const name = at < 0 ? part : part.slice(0, at)
    if (parts.has(name)) throw refused('something comes twice in its query')
    parts.set(name, at < 0 ? '' : part.slice(at + 1))
  }
  return parts
}

function decoded(raw: string): string {
  try {
    return decodeURIComponent(raw.replaceAll('+', ' ')).replaceAll(' ', '+')
  } catch (cause) {
    throw refused('its query is not encoded as URLs are', cause)
  }
}

/** A few bytes can become very many. */
function inflated(base64: string): string {
  try {
    const bytes = inflateRawSync(Buffer.from(base64, 'base64'), {
      maxOutputLength: MESSAGE_LIMITS.maxCharacters,
    })
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    throw refused('it can not be inflated, or to too much', cause)
  }
}
