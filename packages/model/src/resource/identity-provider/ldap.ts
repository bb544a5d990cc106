import { duration, z } from '@portcullis/kernel/schema'
import { everyType, vaultSecret } from './every-type.ts'

const entry = () => z.string().min(3).max(1024)
const attribute = () =>
  z
    .string()
    .max(64)
    .regex(/^[A-Za-z][A-Za-z0-9-]*$/, 'the name of an attribute')
const filterWith = (place: string) =>
  z
    .string()
    .max(1024)
    .refine((text) => text.startsWith('(') && text.includes(place), `a filter (RFC 4515) with ${place} in it`)

const serverUrl = z
  .string()
  .max(256)
  .regex(/^ldaps?:\/\/(\[[0-9A-Fa-f:]+\]|[A-Za-z0-9.-]+)(:\d{1,5})?$/, 'ldaps://host or ldap://host')

/** A directory (RFC 4511): Active Directory, OpenLDAP and their like. Users give us name and password, and we ask it. */
export const ldapProvider = z
  .strictObject({
    type: z.literal('ldap'),
    ...everyType,
    /** Which filters and attributes go without saying. */
    product: z.enum(['active-directory', 'standard']).default('standard'),
    /** Tried in this order. */
    urls: z.array(serverUrl).min(1).max(8),
    /** Upgrade `ldap:` connections to TLS before anything is said. Without it only on this machine. */
    startTls: z.boolean().default(true),
    /** Who may vouch for the servers (PEM); the authorities of the system when absent. */
    authorities: z.string().max(65_536).optional(),
    /** As which entry we search, and which secret of the vault is its password. */
    reader: z.strictObject({ entry: entry(), password: vaultSecret() }),
    /** Below which entry people are, and which of them is meant: `{name}` stands for what was typed, escaped. */
    people: z.strictObject({ base: entry(), filter: filterWith('{name}').optional() }),
    /** Likewise groups; `{dn}` stands for the entry of the member. Nobody is in any when absent. */
    groups: z
      .strictObject({
        base: entry(),
        filter: filterWith('{dn}').optional(),
        /** The attribute that names a group. */
        name: attribute().default('cn'),
        /** How far groups of groups count; Active Directory counts them all by itself. */
        depth: z.int().min(1).max(10).default(1),
      })
      .optional(),
    /** Of Active Directory: `HMART`, which people may type before their name, as `HMART\ada`. */
    domain: z.string().min(1).max(15).optional(),
    /** The attribute that names a person for ever; what they sign in with may change. */
    subject: attribute().optional(),
    name: attribute().optional(),
    mail: attribute().default('mail'),
    /** Nobody but the directory's operators can write that attribute. */
    mailVerified: z.boolean().default(false),
    /** Further ones, for `tokenClaims`. */
    attributes: z.array(attribute()).max(32).default([]),
    timeout: duration().default('3s'),
    connections: z.int().min(1).max(256).default(8),
  })
  .refine(
    ({ urls, startTls }) => startTls || urls.every((url) => url.startsWith('ldaps:') || isLocal(url)),
    'ldaps, or startTls: passwords are not sent over a network unencrypted',
  )
export type LdapProviderSpec = z.infer<typeof ldapProvider>

function isLocal(url: string): boolean {
  return /^ldap:\/\/(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/.test(url)
}
