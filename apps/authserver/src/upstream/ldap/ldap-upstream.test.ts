import { Secret } from '@portcullis/kernel/secret'
import { BASE, hasSlapd, ORGANIZATION_LDIF, type Slapd, startSlapd } from '@portcullis/ldap/fixture/slapd'
import { openLdapIdentities } from '@portcullis/ldap/ldap-identities'
import { type LdapProviderSpec, ldapProvider } from '@portcullis/model/resource/identity-provider/ldap'
import { openMemoryVault } from '@portcullis/ports/vault/memory'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { upstreamFaults } from '../fault.ts'
import { directoryOf } from './directory-of.ts'
import { openLdapUpstream } from './ldap-upstream.ts'

/** What of Active Directory's schema our filters ask for. */
const SCHEMA = `
attributetype ( 1.2.840.113556.1.4.221 NAME 'sAMAccountName' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
attributetype ( 1.2.840.113556.1.4.656 NAME 'userPrincipalName' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
attributetype ( 1.2.840.113556.1.4.8 NAME 'userAccountControl' EQUALITY integerMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 SINGLE-VALUE )
attributetype ( 1.2.840.113556.1.4.2 NAME 'objectGUID' EQUALITY octetStringMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.40 SINGLE-VALUE )
attributetype ( 1.2.840.113556.1.4.782 NAME 'objectCategory' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
objectclass ( 1.2.840.113556.1.5.9 NAME 'user' SUP top AUXILIARY MAY ( sAMAccountName $ userPrincipalName $ userAccountControl $ objectGUID $ objectCategory ) )
`

const person = (name: string, control: number, guid: string): string => `
dn: cn=${name},ou=people,${BASE}
objectClass: inetOrgPerson
objectClass: user
objectCategory: person
cn: ${name}
sn: ${name}
uid: ${name}
displayName: ${name} of HMart
mail: ${name}@hmart.example
sAMAccountName: ${name}
userPrincipalName: ${name}@hmart.example
userAccountControl: ${control}
objectGUID:: ${Buffer.from(guid.repeat(16)).toString('base64')}
userPassword: correct horse
`
const LDIF = `${ORGANIZATION_LDIF}
dn: ou=people,${BASE}
objectClass: organizationalUnit
ou: people

dn: ou=groups,${BASE}
objectClass: organizationalUnit
ou: groups
${person('ada', 512, 'a')}
${person('eve', 514, 'e')}

dn: cn=staff,ou=groups,${BASE}
objectClass: groupOfNames
cn: staff
member: cn=ada,ou=people,${BASE}

dn: cn=everybody,ou=groups,${BASE}
objectClass: groupOfNames
cn: everybody
member: cn=staff,ou=groups,${BASE}
`

describe.skipIf(!hasSlapd)('a directory as identity provider (left out where there is no slapd)', () => {
  let slapd: Slapd
  const identities = openLdapIdentities()
  beforeAll(async () => {
    slapd = await startSlapd(LDIF, SCHEMA)
  })
  afterAll(async () => {
    await identities.close()
    await slapd?.[Symbol.asyncDispose]()
  })

  const spec = (changes: Partial<LdapProviderSpec> = {}): LdapProviderSpec =>
    ldapProvider.parse({
      type: 'ldap',
      title: 'Head office',
      urls: [slapd.tlsUrl],
      authorities: slapd.authority,
      reader: { entry: `cn=reader,${BASE}`, password: 'reader' },
      people: { base: `ou=people,${BASE}` },
      groups: { base: `ou=groups,${BASE}`, depth: 2 },
      ...changes,
    })
  const ports = {
    identities,
    vault: openMemoryVault({ reader: 'reader-secret' }),
  }
  const verify = (changes: Partial<LdapProviderSpec>, name: string, password = 'correct horse') =>
    openLdapUpstream(spec(changes), ports).verify(name, new Secret(password))

  it('tells who somebody is, with groups of groups, by a name that stays', async () => {
    expect(await verify({}, 'ada')).toEqual({
      issuer: `ldap:ou=people,${BASE}`,
      subject: expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
      name: 'ada',
      mail: { address: 'ada@hmart.example', verified: false },
      groups: ['staff', 'everybody'],
      claims: { cn: 'ada', mail: 'ada@hmart.example' },
      multiFactor: false,
    })
    expect(await verify({}, 'ada', 'wrong')).toBeUndefined()
    expect(await verify({}, 'nobody')).toBeUndefined()
  })

  const active = { product: 'active-directory', domain: 'HMART', mailVerified: true } as const
  // OpenLDAP knows no members of members by itself.
  const groups = { base: `ou=groups,${BASE}`, filter: '(member={dn})', name: 'cn', depth: 1 }

  it.each(['ada', 'ADA', 'ada@hmart.example', 'HMART\\ada', 'hmart\\ada'])(
    'knows people of Active Directory as they type themselves: %s',
    async (name) => {
      expect(await verify({ ...active, groups }, name)).toMatchObject({
        subject: '61616161-6161-6161-6161-616161616161',
        name: 'ada of HMart',
        mail: { verified: true },
        groups: ['staff'],
      })
    },
  )

  it.each(['eve', 'OTHER\\ada', '*', 'ada)(uid=*', 'ada\\'])(
    'knows nobody who is disabled there, of another domain, or nobody at all: %s',
    async (name) => {
      expect(await verify({ ...active, groups }, name)).toBeUndefined()
    },
  )

  it('asks Active Directory for all groups of groups at once, by its own matching rule', () => {
    expect(directoryOf(spec(active), ports.vault).groups?.filter).toBe(
      '(&(objectClass=group)(member:1.2.840.113556.1.4.1941:={dn}))',
    )
  })

  it('is an outage, and no wrong password, when it does not answer', async () => {
    await expect(verify({ urls: ['ldaps://localhost:1'] }, 'ada')).rejects.toSatisfy(
      upstreamFaults.unavailable.is,
    )
  })
})

it('sends no password over a network unencrypted', () => {
  const spec = (changes: object) =>
    ldapProvider.safeParse({
      type: 'ldap',
      title: 'Head office',
      urls: ['ldap://directory.example'],
      reader: { entry: 'cn=reader', password: 'reader' },
      people: { base: 'dc=example' },
      ...changes,
    }).success
  expect(spec({})).toBe(true)
  expect(spec({ startTls: false })).toBe(false)
  expect(spec({ startTls: false, urls: ['ldap://127.0.0.1:389'] })).toBe(true)
})
