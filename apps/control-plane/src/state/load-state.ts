import { contractFiles, provisionedUsers, resources, SYSTEM } from '@portcullis/model/collection'
import { type Resource, resourceId } from '@portcullis/model/resource/resource'
import type { Store } from '@portcullis/ports/store/port'
import { findAll } from './find-all.ts'
import type { State } from './state.ts'

/** Organizations are listed by the installation; everything else is its own organization's. */
export function homeOf(resource: Pick<Resource, 'kind' | 'organization'>): string {
  return resource.kind === 'Organization' ? SYSTEM : resource.organization
}

export async function listOrganizations(store: Store): Promise<string[]> {
  const found = await findAll(store, resources, SYSTEM, {
    where: { attribute: 'kind', equals: 'Organization' },
  })
  return found.map((each) => each.value.name)
}

/** Everything of the organizations that were asked for; of all others their environments, which share the hosts. */
export async function loadState(store: Store, whole: ReadonlySet<string>): Promise<State> {
  const loaded: Resource[] = []
  const contracts: [string, State['contracts'] extends ReadonlyMap<string, infer Files> ? Files : never][] =
    []
  const environments = { where: { attribute: 'kind', equals: 'Environment' } }
  const organizations = { where: { attribute: 'kind', equals: 'Organization' } }
  loaded.push(...(await findAll(store, resources, SYSTEM, organizations)).map((each) => each.value))
  const known = new Set([...loaded.map((each) => each.name), ...whole])
  for (const organization of known) {
    const found = await findAll(store, resources, organization, whole.has(organization) ? {} : environments)
    const provisioned = whole.has(organization)
      ? new Set((await findAll(store, provisionedUsers, organization)).map(({ id }) => id))
      : new Set()
    // Users that a provisioning client owns are nobody's to export, compare or prune.
    loaded.push(
      ...found
        .map((each) => each.value)
        .filter(({ kind, name }) => kind !== 'User' || !provisioned.has(name)),
    )
    if (!whole.has(organization)) continue
    for (const each of await findAll(store, contractFiles, organization)) {
      contracts.push([`${organization}/${each.id}`, each.value])
    }
  }
  return {
    resources: new Map(loaded.map((each) => [resourceId(each), each])),
    contracts: new Map(contracts),
  }
}
