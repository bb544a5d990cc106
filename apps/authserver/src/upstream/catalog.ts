import type { IdentityProviderSpec } from '@portcullis/model/resource/identity-provider/identity-provider'
import type { Assertions } from '@portcullis/ports/assertions/port'
import type { Clock } from '@portcullis/ports/clock/port'
import type { Identities } from '@portcullis/ports/identities/port'
import type { Log } from '@portcullis/ports/log/port'
import type { Store } from '@portcullis/ports/store/port'
import type { Vault } from '@portcullis/ports/vault/port'
import type { Web } from '@portcullis/ports/web/port'
import { openLdapUpstream } from './ldap/ldap-upstream.ts'
import { openOidcUpstream } from './oidc/oidc-upstream.ts'
import { openSamlUpstream } from './saml/saml-upstream.ts'
import type { Upstream } from './upstream.ts'

/** What types of identity providers may use. */
export interface UpstreamPorts {
  readonly web: Web
  readonly identities: Identities
  readonly vault: Vault
  readonly clock: Clock
  readonly assertions: Assertions
  readonly store: Store
  readonly log: Log
}

/** Whose provider it is. */
export interface UpstreamPlace {
  readonly organization: string
  readonly name: string
}

type Type = IdentityProviderSpec['type']
type Open<T extends Type> = (
  spec: Extract<IdentityProviderSpec, { type: T }>,
  ports: UpstreamPorts,
  place: UpstreamPlace,
) => Upstream

/** Every type of identity provider. Opened once for each declaration, and asked for nothing then. */
const types: { readonly [T in Type]: Open<T> } = {
  ldap: openLdapUpstream,
  oidc: openOidcUpstream,
  saml: openSamlUpstream,
}

export function openUpstream(
  spec: IdentityProviderSpec,
  ports: UpstreamPorts,
  place: UpstreamPlace,
): Upstream {
  return (types[spec.type] as Open<Type>)(spec, ports, place)
}
