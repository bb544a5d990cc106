import { createHash } from 'node:crypto'
import { Duration } from '@portcullis/kernel/duration'
import { type Secret, sameText } from '@portcullis/kernel/secret'
import { attributeOf, elementsOf, is, textOf, type XmlElement } from '@portcullis/xml/element'
import { type UsernameTokenConfig, wsSecurityFaults } from './contract.ts'
import { instantOf } from './instant.ts'
import { WSSE, WSU } from './soap.ts'

const PROFILE = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#'
const SOAP_SECURITY = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#'
const MAX_CHARACTERS = 1_024
const LEAST_NONCE_BYTES = 8

/** What a UsernameToken says (UsernameToken Profile 1.1 §3.1). */
export interface UsernameToken {
  readonly name: string
  readonly password: { readonly as: 'digest' | 'text'; readonly value: string }
  readonly nonce?: Buffer
  /** As it is written: the digest is over these characters. */
  readonly created?: string
}

/** @throws ws-security.not-understood */
export function readUsernameToken(token: XmlElement): UsernameToken {
  const found = new Map<string, XmlElement>()
  for (const each of elementsOf(token)) {
    const isKnown =
      is(each, WSU, 'Created') ||
      (each.namespace === WSSE && ['Username', 'Password', 'Nonce'].includes(each.name))
    if (!isKnown) throw notUnderstood(`a UsernameToken has no ${each.name}`)
    if (found.has(each.name)) throw notUnderstood(`a UsernameToken has one ${each.name}`)
    found.set(each.name, each)
  }
  const password = found.get('Password')
  const nonce = found.get('Nonce')
  const created = found.get('Created')
  if (password === undefined) throw notUnderstood('a UsernameToken without a password proves nothing')
  return {
    name: written(found.get('Username')),
    password: { as: formOf(attributeOf(password, 'Type')), value: written(password) },
    ...(nonce !== undefined && { nonce: bytesOf(nonce) }),
    ...(created !== undefined && { created: written(created) }),
  }
}

function formOf(type: string | undefined): 'digest' | 'text' {
  // §3.1: text where nothing is said.
  if (type === undefined || type === `${PROFILE}PasswordText`) return 'text'
  if (type === `${PROFILE}PasswordDigest`) return 'digest'
  throw notUnderstood('a password is PasswordText or PasswordDigest')
}

function bytesOf(nonce: XmlElement): Buffer {
  const encoding = attributeOf(nonce, 'EncodingType')
  if (encoding !== undefined && encoding !== `${SOAP_SECURITY}Base64Binary`)
    throw notUnderstood('a nonce is Base64Binary')
  const text = written(nonce)
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text)) throw notUnderstood('a nonce is base64')
  return Buffer.from(text, 'base64')
}

function written(element: XmlElement | undefined): string {
  const text = element && textOf(element)
  if (text === undefined || text === '' || text.length > MAX_CHARACTERS)
    throw notUnderstood('the parts of a UsernameToken are short texts')
  return text
}

/** What proves that a token is used for the first time: remembered for as long as it is good. */
export interface TokenUse {
  readonly name: string
  readonly nonce: string
  readonly created: string
}

/**
 * Whether a token proves that its sender knows the password. Gives back what must not be seen twice, where that is all
 * that keeps it from being used again.
 *
 * @throws ws-security.refused, ws-security.needs-tls
 */
export function checkUsernameToken(
  token: UsernameToken,
  password: Secret | undefined,
  config: UsernameTokenConfig,
  { now, isEncrypted }: { readonly now: number; readonly isEncrypted: boolean },
): TokenUse | undefined {
  const { as, value } = token.password
  if (as === 'text' && !isEncrypted) throw wsSecurityFaults['needs-tls']()
  if (!config.accept.includes(as)) throw refused(`passwords are not taken as ${as}`)
  const { nonce, created } = token
  if (created !== undefined) demandFresh(created, config, now)
  if (as === 'digest' && (nonce === undefined || created === undefined || nonce.length < LEAST_NONCE_BYTES))
    throw refused('a digest needs a nonce of at least 8 bytes and the time at which it was made')
  // Of a name that nobody has, the same work is done.
  const own = password?.reveal() ?? ''
  const expected = as === 'text' ? own : digestOf(nonce ?? Buffer.alloc(0), created ?? '', own)
  if (!sameText(value, expected) || password === undefined)
    throw refused('name and password do not belong together')
  if (nonce === undefined || created === undefined) return undefined
  return { name: token.name, nonce: nonce.toString('base64'), created }
}

/** §3.1: SHA-1, as the profile has it. It stands for knowing the password; nobody has to be kept from finding collisions. */
export function digestOf(nonce: Uint8Array, created: string, password: string): string {
  return createHash('sha1').update(nonce).update(created).update(password).digest('base64')
}

function demandFresh(created: string, { lifetime, clockSkew }: UsernameTokenConfig, now: number): void {
  const at = instantOf(created)
  if (at === undefined) throw refused('Created is no time in UTC')
  if (at > now + Duration.parse(clockSkew).milliseconds) throw refused('it was made later than now')
  if (at <= now - Duration.parse(lifetime).milliseconds) throw refused('it is too old')
}

function refused(internal: string) {
  return wsSecurityFaults.refused({ internal })
}

function notUnderstood(detail: string) {
  return wsSecurityFaults['not-understood']({ detail: `Here ${detail}.` })
}
