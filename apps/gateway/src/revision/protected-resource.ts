import { metadataPathOf, type ResourceMetadata } from '@portcullis/model/protected-resource'
import type { RevisionApi } from '@portcullis/model/revision'
import { HeaderList } from '@portcullis/policy-kit/message/header-list'
import type { Reply } from '@portcullis/policy-kit/message/reply'
import type { EffectiveStep } from '@portcullis/policy-kit/step/effective-steps'

/** What everybody may know of the API versions of a revision, such as RFC 9728 has it, by its paths, written once. */
export type ProtectedResources = ReadonlyMap<string, Uint8Array>

/** Gathers what the steps of an API version's operations tell of it. */
export class ResourceDescription {
  readonly #api: RevisionApi
  /** One attachment says the same wherever it runs. */
  readonly #seen = new Set<string>()
  readonly #told: ResourceMetadata[] = []

  constructor(api: RevisionApi) {
    this.#api = api
  }

  add({ policy, mode, step, config, facts }: EffectiveStep): void {
    const { contract } = policy
    if (contract.resourceMetadata === undefined || mode !== 'enforce' || this.#seen.has(step)) return
    this.#seen.add(step)
    this.#told.push(contract.resourceMetadata(config, facts))
  }

  /** Puts the metadata where they belong; nothing where no operation asks for a token. */
  writeTo(resources: Map<string, Uint8Array>): void {
    if (this.#told.length === 0) return
    const { api, version, title, audience, basePath, scopes } = this.#api
    const every = (member: keyof ResourceMetadata) => this.#told.every((each) => each[member] === true)
    const document = {
      resource: audience,
      resource_name: title === '' ? `${api} ${version}` : title,
      authorization_servers: this.#union('authorization_servers'),
      scopes_supported: Object.keys(scopes),
      bearer_methods_supported: this.#union('bearer_methods_supported'),
      dpop_signing_alg_values_supported: this.#union('dpop_signing_alg_values_supported'),
      dpop_bound_access_tokens_required: every('dpop_bound_access_tokens_required'),
      tls_client_certificate_bound_access_tokens: every('tls_client_certificate_bound_access_tokens'),
    }
    resources.set(metadataPathOf(basePath), new TextEncoder().encode(`${JSON.stringify(document)}\n`))
  }

  #union(
    member: 'authorization_servers' | 'bearer_methods_supported' | 'dpop_signing_alg_values_supported',
  ): string[] {
    return [...new Set(this.#told.flatMap((each) => each[member] ?? []))]
  }
}

/** Puts what a step has everybody know of an API version where machines look for it. */
export function tellWellKnown(
  { policy, mode, config, facts }: EffectiveStep,
  { basePath }: RevisionApi,
  resources: Map<string, Uint8Array>,
): void {
  const { contract } = policy
  if (contract.wellKnown === undefined || mode !== 'enforce') return
  const { name, document } = contract.wellKnown(config, facts)
  resources.set(`/.well-known/${name}${basePath}`, new TextEncoder().encode(`${JSON.stringify(document)}\n`))
}

/** Public, and the same for everybody: pages of any origin may read it. */
export function metadataReply(document: Uint8Array, method: string): Reply {
  const headers = HeaderList.of({
    'Content-Type': 'application/json',
    'Cache-Control': 'public, max-age=300',
    'Access-Control-Allow-Origin': '*',
  })
  return method === 'HEAD' ? { status: 200, headers } : { status: 200, headers, body: document }
}
