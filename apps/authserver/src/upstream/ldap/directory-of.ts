import { Duration } from '@portcullis/kernel/duration'
import type { LdapProviderSpec } from '@portcullis/model/resource/identity-provider/ldap'
import type { LdapDirectory } from '@portcullis/ports/identities/port'
import type { Vault } from '@portcullis/ports/vault/port'

/** What goes without saying of a product. */
interface Product {
  readonly people: string
  readonly groups: string
  readonly subject: string
  readonly name: string
}

/** By their object identifiers: [MS-ADTS] §3.1.1.3.4.4, "bit and" and "member of a member". */
const BIT_AND = '1.2.840.113556.1.4.803'
const IN_CHAIN = '1.2.840.113556.1.4.1941'
const ACCOUNT_DISABLED = 2

const products: Readonly<Record<LdapProviderSpec['product'], Product>> = {
  standard: {
    people: '(&(objectClass=person)(uid={name}))',
    groups: '(&(objectClass=groupOfNames)(member={dn}))',
    subject: 'entryUUID',
    name: 'cn',
  },
  'active-directory': {
    people: `(&(objectCategory=person)(objectClass=user)(!(userAccountControl:${BIT_AND}:=${ACCOUNT_DISABLED}))(|(sAMAccountName={name})(userPrincipalName={name})))`,
    groups: `(&(objectClass=group)(member:${IN_CHAIN}:={dn}))`,
    subject: 'objectGUID',
    name: 'displayName',
  },
}

/** The directory as the port asks it. Throws `vault.unknown` when the password to search with is not there. */
export function directoryOf(spec: LdapProviderSpec, vault: Vault): LdapDirectory {
  const product = products[spec.product]
  const { urls, startTls, authorities, reader, people, groups } = spec
  return {
    kind: 'ldap',
    urls,
    startTls,
    authorities,
    find: {
      by: 'search',
      base: people.base,
      filter: people.filter ?? product.people,
      as: { name: reader.entry, password: vault.secret(reader.password) },
    },
    groups: groups && { ...groups, filter: groups.filter ?? product.groups },
    // Roles are the declaration's, as for every type.
    roles: {},
    attributes: [...new Set([nameAttribute(spec), spec.mail, ...spec.attributes])],
    subject: spec.subject ?? product.subject,
    timeoutMillis: Duration.parse(spec.timeout).milliseconds,
    maxConnections: spec.connections,
  }
}

export function nameAttribute({ name, product }: LdapProviderSpec): string {
  return name ?? products[product].name
}
