import { z } from '@portcullis/kernel/schema'
import { ldapProvider } from './ldap.ts'
import { oidcProvider } from './oidc.ts'
import { samlProvider } from './saml.ts'

/** Whom else users sign in with: each type is a file here, and a folder of the authorization server. */
export const identityProviderSpec = z.discriminatedUnion('type', [ldapProvider, oidcProvider, samlProvider])
export type IdentityProviderSpec = z.infer<typeof identityProviderSpec>
