import { resources } from '@portcullis/model/collection'
import type { IdentityProviderSpec } from '@portcullis/model/resource/identity-provider/identity-provider'
import { openUpstream, type UpstreamPorts } from './catalog.ts'
import type { Upstream, UpstreamIdentity } from './upstream.ts'

/** An identity provider of the organization that is not disabled. */
export interface Provider {
  readonly name: string
  readonly spec: IdentityProviderSpec
  readonly upstream: Upstream
}

/** In the order of their names. */
export type ListProviders = () => Promise<readonly Provider[]>

/** Reads the declarations on every call, so that a removed provider stops at once; each is opened once for its declaration. */
export function providersOf(organization: string, ports: UpstreamPorts): ListProviders {
  let opened = new Map<string, Provider & { readonly declared: string }>()
  return async () => {
    const where = { attribute: 'kind', equals: 'IdentityProvider' }
    const documents = await ports.store.find(resources, organization, { where })
    const next = new Map<string, Provider & { readonly declared: string }>()
    for (const { value } of documents) {
      if (value.kind !== 'IdentityProvider' || value.spec.disabled) continue
      const { name, spec } = value
      const declared = JSON.stringify(spec)
      const known = opened.get(name)
      const isKnown = known?.declared === declared
      const upstream = isKnown ? known.upstream : openUpstream(spec, ports, { organization, name })
      next.set(name, { name, spec, declared, upstream })
    }
    opened = next
    return [...next.values()]
  }
}

/** What the declaration makes of the groups that the provider tells of. */
export function rolesOf({ spec }: Provider, { groups }: UpstreamIdentity): readonly string[] {
  return [
    ...new Set(
      groups.flatMap((group) => (Object.hasOwn(spec.roles, group) ? (spec.roles[group] ?? []) : [])),
    ),
  ]
}
