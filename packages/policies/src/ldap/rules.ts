import { Duration } from '@portcullis/kernel/duration'
import { Secret } from '@portcullis/kernel/secret'
import type { HeaderList } from '@portcullis/policy-kit/header-list'
import type { LdapDirectory } from '@portcullis/ports/identities/port'
import type { Vault } from '@portcullis/ports/vault/port'
import { type LdapConfig, ldapFaults } from './contract.ts'

/** What somebody presents (RFC 7617 §2). */
export interface NameAndPassword {
  readonly name: string
  readonly password: Secret
}

const MAX_CREDENTIALS_CHARACTERS = 4_096
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * `undefined` without credentials, or with those of another scheme.
 *
 * @throws ldap.bad-request
 */
export function readBasic(headers: HeaderList): NameAndPassword | undefined {
  const fields = headers.all('authorization')
  const field = fields[0]
  if (field === undefined) return undefined
  const end = field.indexOf(' ')
  if ((end === -1 ? field : field.slice(0, end)).toLowerCase() !== 'basic') return undefined
  if (fields.length > 1) throw bad('There are several Authorization fields.')
  const encoded = end === -1 ? '' : field.slice(end).trim()
  if (encoded.length > MAX_CREDENTIALS_CHARACTERS) throw bad('Name and password are too long.')
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(encoded)) throw bad('What follows "Basic " is no base64.')
  const text = decoded(encoded)
  const colon = text.indexOf(':')
  if (colon === -1) throw bad('There is no colon between name and password.')
  // RFC 7617 §2: neither has control characters.
  if (/\p{Cc}/u.test(text)) throw bad('There is a control character in it.')
  // §2.1: what looks the same is the same, however it was typed.
  return {
    name: text.slice(0, colon).normalize('NFC'),
    password: new Secret(text.slice(colon + 1).normalize('NFC')),
  }
}

function decoded(encoded: string): string {
  try {
    return utf8.decode(Buffer.from(encoded, 'base64'))
  } catch {
    throw bad('It is no UTF-8.')
  }
}

function bad(detail: string) {
  return ldapFaults['bad-request']({ detail })
}

/** @throws vault.unknown when the password to search with is not there. */
export function directoryOf(config: LdapConfig, vault: Vault): LdapDirectory {
  const { urls, startTls, authorities, template, search, groups, roles, attributes, subject } = config
  return {
    kind: 'ldap',
    ...{ urls, startTls, authorities, groups, roles, attributes, subject },
    find:
      search === undefined
        ? { by: 'name', template: template as string }
        : {
            by: 'search',
            base: search.base,
            filter: search.filter,
            as: { name: search.as, password: vault.secret(search.password) },
          },
    timeoutMillis: Duration.parse(config.timeout).milliseconds,
    maxConnections: config.connections,
  }
}
