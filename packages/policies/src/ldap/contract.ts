import { defineFaults } from '@portcullis/kernel/fault'
import { name, z } from '@portcullis/kernel/schema'
import type { PolicyContract } from '@portcullis/policy-kit/policy'
import { passwordSettings } from '../password/config.ts'
import { type PasswordFacts, passwordFacts } from '../password/facts.ts'
import { passwordFaultsFor } from '../password/fault.ts'
import { isBasic } from '../scheme/basic.ts'
import { durationWithin } from '../setting/duration-range.ts'

const distinguishedName = () => z.string().min(3).max(1024)

const search = z.strictObject({
  base: distinguishedName().describe('Below which entry people are.'),
  filter: z
    .string()
    .max(1024)
    .refine((text) => text.startsWith('(') && text.includes('{name}'), 'a filter with {name} in it')
    .default('(&(objectClass=person)(uid={name}))')
    .describe('Which entry it is (RFC 4515); `{name}` stands for the name, escaped.'),
  as: distinguishedName().describe('The entry as which the gateway searches.'),
  password: name().describe('Name of a secret of the vault: the password of that entry.'),
})

const groups = z.strictObject({
  base: distinguishedName().describe('Below which entry groups are.'),
  filter: z
    .string()
    .max(1024)
    .refine((text) => text.startsWith('(') && text.includes('{dn}'), 'a filter with {dn} in it')
    .default('(&(objectClass=groupOfNames)(member={dn}))')
    .describe('Which groups somebody is in; `{dn}` stands for the entry of the member, escaped.'),
  name: z.string().min(1).max(64).default('cn').describe('The attribute that names a group.'),
  depth: z.int().min(1).max(10).default(1).describe('How far groups of groups count.'),
})

const config = z
  .strictObject({
    urls: z
      .array(
        z
          .string()
          .regex(/^ldaps?:\/\/(\[[0-9A-Fa-f:]+\]|[A-Za-z0-9.-]+)(:\d{1,5})?$/, 'ldaps://host or ldap://host'),
      )
      .min(1)
      .max(8)
      .describe('The servers of the directory, tried in this order.'),
    startTls: z
      .boolean()
      .default(true)
      .describe(
        'Upgrade `ldap:` connections to TLS before anything is said. Without it only on this machine.',
      ),
    authorities: z
      .string()
      .max(65_536)
      .optional()
      .describe('Who may vouch for the servers, PEM; the system’s when absent.'),
    template: distinguishedName()
      .refine((text) => text.includes('{name}'), 'a distinguished name with {name} in it')
      .optional()
      .describe(
        'The entry of a name, such as `uid={name},ou=people,dc=hmart,dc=example`; in place of `search`.',
      ),
    search: search.optional().describe('How the entry of a name is found; in place of `template`.'),
    subject: z.string().min(1).max(64).default('uid').describe('The attribute that says who it is.'),
    groups: groups.optional().describe('Where groups are; nobody is in any when absent.'),
    roles: z
      .record(z.string().min(1).max(256), z.array(z.string().min(1).max(256)).min(1).max(64))
      .default({})
      .describe('Which roles members of which group have.'),
    attributes: z
      .array(z.string().min(1).max(64))
      .max(32)
      .default([])
      .describe('Attributes of the entry that conditions may ask for, as claims.'),
    timeout: durationWithin('10ms', '30s')
      .default('3s')
      .describe('How long a server may take for an answer.'),
    connections: z
      .int()
      .min(1)
      .max(256)
      .default(8)
      .describe('How many connections each thread may have to the directory.'),
    ...passwordSettings,
  })
  .refine(
    ({ template, search: found }) => (template === undefined) !== (found === undefined),
    'template or search, and not both',
  )
  .refine(
    ({ urls, startTls }) => startTls || urls.every((url) => url.startsWith('ldaps:') || isLocal(url)),
    'ldaps, or startTls: passwords are not sent over a network unencrypted',
  )
export type LdapConfig = z.infer<typeof config>

export const ldapFaults = defineFaults(
  'ldap',
  passwordFaultsFor('Sign in with the name and password of the directory.'),
)

export const ldapContract: PolicyContract<LdapConfig, PasswordFacts> = {
  id: 'ldap',
  summary: 'Lets nobody in with a name and password that the directory does not confirm.',
  phase: 'authenticate',
  stacking: 'nearest',
  config,
  faults: ldapFaults,
  body: { need: 'none' },
  mayFailOpen: false,
  onlyAttached: true,
  derive: passwordFacts,
  satisfies: isBasic,
  mentions: ({ roles }) => ({ groups: Object.keys(roles), roles: [...new Set(Object.values(roles).flat())] }),
}

function isLocal(url: string): boolean {
  return /^ldap:\/\/(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/.test(url)
}
