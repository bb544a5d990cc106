import type { LdapIdentities } from '@portcullis/ldap/ldap-identities'

/** Directories whose client is loaded when one is asked for the first time: most gateways never do, and each thread would have it. */
export function lateLdapIdentities(): LdapIdentities {
  let opening: Promise<LdapIdentities> | undefined
  const open = (): Promise<LdapIdentities> => {
    opening ??= import('@portcullis/ldap/ldap-identities').then((loaded) => loaded.openLdapIdentities())
    return opening
  }
  return {
    verify: async (...asked) => (await open()).verify(...asked),
    close: async () => (await opening)?.close(),
  }
}
