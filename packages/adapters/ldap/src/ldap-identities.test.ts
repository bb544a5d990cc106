import { inspect } from 'node:util'
import { Secret } from '@portcullis/kernel/secret'
import { identitiesContract } from '@portcullis/ports/identities/contract'
import type { LdapDirectory } from '@portcullis/ports/identities/port'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BASE, hasSlapd, ORGANIZATION_LDIF, type Slapd, startSlapd } from './fixture/slapd.ts'
import { openLdapIdentities } from './ldap-identities.ts'

const person = (uid: string, more = ''): string => `
dn: uid=${uid},ou=people,${BASE}
objectClass: inetOrgPerson
uid: ${uid}
cn: ${uid}
sn: ${uid}
userPassword: correct horse
${more}`
const group = (cn: string, member: string): string => `
dn: cn=${cn},ou=groups,${BASE}
objectClass: groupOfNames
cn: ${cn}
member: ${member}
`
const LDIF = `${ORGANIZATION_LDIF}
dn: ou=people,${BASE}
objectClass: organizationalUnit
ou: people

dn: ou=groups,${BASE}
objectClass: organizationalUnit
ou: groups
${person('ada', 'mail: ada@hmart.example\nmail: countess@hmart.example\n')}
${person('bob', 'mail: twice@hmart.example\n')}
${person('eve', 'mail: twice@hmart.example\n')}
${group('staff', `uid=ada,ou=people,${BASE}`)}
${group('everybody', `cn=staff,ou=groups,${BASE}`)}
${group('world', `cn=everybody,ou=groups,${BASE}`)}
`

describe.skipIf(!hasSlapd)('LDAP, with a real directory (left out where there is no slapd)', () => {
  let slapd: Slapd
  const identities = openLdapIdentities()
  beforeAll(async () => {
    slapd = await startSlapd(LDIF)
  })
  afterAll(async () => {
    await identities.close()
    await slapd?.[Symbol.asyncDispose]()
  })

  const directory = (changes: Partial<LdapDirectory> = {}): LdapDirectory => ({
    kind: 'ldap',
    urls: [slapd.tlsUrl],
    startTls: false,
    authorities: slapd.authority,
    find: {
      by: 'search',
      base: `ou=people,${BASE}`,
      filter: '(&(objectClass=inetOrgPerson)(uid={name}))',
      as: { name: `cn=reader,${BASE}`, password: new Secret('reader-secret') },
    },
    groups: { base: `ou=groups,${BASE}`, filter: '(member={dn})', name: 'cn', depth: 1 },
    roles: { staff: ['clerk'], world: ['citizen'] },
    attributes: ['mail', 'description'],
    subject: 'uid',
    timeoutMillis: 2_000,
    maxConnections: 4,
    ...changes,
  })
  const verify = (changes: Partial<LdapDirectory>, name = 'ada', password = 'correct horse') =>
    identities.verify(directory(changes), name, new Secret(password))

  identitiesContract('LDAP, by a search', () => ({
    identities: {
      verify: (source, ...given) => identities.verify(source as LdapDirectory, given[0], given[1]),
    },
    source: directory(),
    groups: ['staff'],
  }))

  // Who signs in by its own name asks for itself: here that is allowed to read no groups.
  const byName = { by: 'name', template: `uid={name},ou=people,${BASE}` } as const

  it('takes the name of the entry itself, escaped', async () => {
    expect(await verify({ find: byName, groups: undefined })).toMatchObject({ subject: 'ada' })
    expect(await verify({ find: byName, groups: undefined }, 'ada', 'wrong')).toBeUndefined()
    expect(await verify({ find: byName, groups: undefined }, 'ada', '')).toBeUndefined()
    expect(await verify({ find: byName, groups: undefined }, 'nobody')).toBeUndefined()
    const wide = { by: 'name', template: `{name},ou=people,${BASE}` } as const
    expect(await verify({ find: wide, groups: undefined }, 'uid=ada').catch(() => undefined)).toBeUndefined()
  })

  it('tells the attributes that were asked for', async () => {
    expect((await verify({}))?.attributes).toEqual({ mail: ['ada@hmart.example', 'countess@hmart.example'] })
  })

  it.each([
    [1, ['staff'], ['clerk']],
    [2, ['staff', 'everybody'], ['clerk']],
    [9, ['staff', 'everybody', 'world'], ['clerk', 'citizen']],
  ])('counts groups of groups as deep as it is told: %i', async (depth, groups, roles) => {
    const found = await verify({
      groups: { base: `ou=groups,${BASE}`, filter: '(member={dn})', name: 'cn', depth },
    })
    expect([found?.groups, found?.roles]).toEqual([groups, roles])
  })

  it('knows nobody where two entries fit the name', async () => {
    const find = { ...directory().find, filter: '(mail={name})' } as LdapDirectory['find']
    expect(await verify({ find }, 'ada@hmart.example')).toMatchObject({ subject: 'ada' })
    expect(await verify({ find }, 'twice@hmart.example')).toBeUndefined()
  })

  it('upgrades a connection to TLS before it says anything', async () => {
    expect(await verify({ urls: [slapd.url], startTls: true })).toMatchObject({ subject: 'ada' })
  })

  it('shares a few connections among many callers', async () => {
    const all = await Promise.all(Array.from({ length: 40 }, () => verify({ maxConnections: 3 })))
    expect(all.every((each) => each?.subject === 'ada')).toBe(true)
  })

  it('turns to the next server when one is away', async () => {
    expect(await verify({ urls: ['ldaps://localhost:1', slapd.tlsUrl] })).toMatchObject({ subject: 'ada' })
  })

  it.each<[string, () => Partial<LdapDirectory>]>([
    ['nobody answers', () => ({ urls: ['ldaps://localhost:1'] })],
    ['its certificate is of somebody else', () => ({ authorities: undefined })],
    [
      'StartTLS shows a certificate of somebody else',
      () => ({ urls: [slapd.url], startTls: true, authorities: undefined }),
    ],
    [
      'our own password is wrong',
      () => ({
        maxConnections: 5,
        find: {
          ...directory().find,
          as: { name: `cn=reader,${BASE}`, password: new Secret('other') },
        } as LdapDirectory['find'],
      }),
    ],
    ['it takes too long', () => ({ timeoutMillis: 1, urls: ['ldap://192.0.2.1'] })],
  ])('an outage is none of a wrong password: %s', async (_, changes) => {
    await expect(verify(changes())).rejects.toMatchObject({ code: 'identities.unavailable' })
  })

  it('tells no password with an outage', async () => {
    const thrown = await verify({ urls: ['ldaps://localhost:1'] }).catch((caught: unknown) => caught)
    expect(inspect(thrown, { depth: 9 })).not.toMatch(/correct horse|reader-secret/)
  })
})
