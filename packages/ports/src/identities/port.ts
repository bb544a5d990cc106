import { defineFaults } from '@portcullis/kernel/fault'
import type { Secret } from '@portcullis/kernel/secret'

/**
 * Identities tell who somebody is that presents a name and a password.
 *
 * `undefined` where the two don't belong together, whichever of them is wrong; an empty password is always wrong. Where
 * nobody can say, `verify` rejects with `identities.unavailable`: an outage never looks like a wrong password. What was
 * verified is not remembered here.
 *
 * `address` is where the attempt came from: who keeps the passwords may hold off those who guess
 * (`identities.too-many`). Somebody whose password is right and alone not enough is told so (`identities.second-factor`).
 */
export interface Identities {
  verify(
    source: IdentitySource,
    name: string,
    password: Secret,
    address: string,
  ): Promise<Identity | undefined>
}

export interface Identity {
  /** As whoever keeps the identity names it, however the caller wrote it. */
  readonly subject: string
  readonly roles: readonly string[]
  readonly groups: readonly string[]
  /** Further facts that were asked for; several values of one are a list. */
  readonly attributes: Readonly<Record<string, string | readonly string[]>>
}

/** Who is asked. */
export type IdentitySource = LdapDirectory | OwnUsers

/** The users of an organization, whose passwords the authorization server checks too. */
export interface OwnUsers {
  readonly kind: 'users'
  readonly organization: string
}

/** A directory that speaks LDAP (RFC 4511). */
export interface LdapDirectory {
  readonly kind: 'ldap'
  /** `ldaps://host:636` or `ldap://host:389`; several are tried in their order. */
  readonly urls: readonly string[]
  /** Upgrade an `ldap:` connection to TLS before anything is said (RFC 4511 §4.14). */
  readonly startTls: boolean
  /** PEM: who may vouch for the directory; the system's authorities when absent. */
  readonly authorities?: string | undefined
  readonly find: FindByName | FindBySearch
  readonly groups?: LdapGroups | undefined
  /** Which roles members of a group have, by the group's name. */
  readonly roles: Readonly<Record<string, readonly string[]>>
  /** Attributes of the entry to tell of. */
  readonly attributes: readonly string[]
  /** The attribute that names the subject. */
  readonly subject: string
  readonly timeoutMillis: number
  readonly maxConnections: number
}

/** The name is part of the entry's own: `uid={name},ou=people,dc=hmart,dc=example`. */
export interface FindByName {
  readonly by: 'name'
  readonly template: string
}

/** The entry is searched for, as somebody who may: `(&(objectClass=person)(mail={name}))`. */
export interface FindBySearch {
  readonly by: 'search'
  readonly base: string
  readonly filter: string
  readonly as: { readonly name: string; readonly password: Secret }
}

export interface LdapGroups {
  readonly base: string
  /** With `{dn}`, the entry of the member: `(&(objectClass=groupOfNames)(member={dn}))`. */
  readonly filter: string
  /** The attribute that names a group. */
  readonly name: string
  /** Groups of groups count too, up to this depth; 1 for none. */
  readonly depth: number
}

export const identitiesFaults = defineFaults('identities', {
  'too-many': {
    status: 429,
    title: 'Too many attempts to sign in',
    remedy: 'Wait, then sign in with the right password.',
  },
  'second-factor': {
    status: 403,
    title: 'This user signs in with a second factor, which cannot be asked for here',
    remedy: 'Sign in at the authorization server and call with a token.',
  },
  unavailable: {
    status: 503,
    title: 'Nobody can say at the moment whether name and password are right',
    remedy:
      'Try again in a moment. Operators: the log names the directory; check that it answers and lets us ask.',
  },
})
