import { defineFaults } from '@portcullis/kernel/fault'
import { idOf, resources, SYSTEM } from '@portcullis/model/collection'
import type { Finding } from '@portcullis/model/finding/finding'
import { type Kind, type Resource, resourceId } from '@portcullis/model/resource/resource'
import { type Document, type Store, storeFaults } from '@portcullis/ports/store/port'
import type { Bundle } from '../bundle/bundle.ts'
import { contractsOf, declarationPath, textFilesOf } from '../bundle/write-bundle.ts'
import { findAll } from '../state/find-all.ts'
import { homeOf, loadState } from '../state/load-state.ts'

export const resourceFaults = defineFaults('resource', {
  unknown: {
    status: 404,
    title: 'There is no such resource',
    remedy: 'List the resources of the organization to find its name.',
  },
})

/** Names a resource. */
export interface ResourceName {
  readonly kind: Kind
  readonly organization: string
  readonly name: string
}

export async function getResource(store: Store, wanted: ResourceName): Promise<Document<Resource>> {
  const found = await store.get(resources, homeOf(wanted), idOf.resource(wanted.kind, wanted.name))
  // Organizations share one home: their name alone does not say whose they are.
  if (found !== undefined && found.value.organization === wanted.organization) return found
  throw resourceFaults.unknown({ detail: `There is no ${resourceId(wanted)}.` })
}

/** The resources of an organization, the organization itself among them; of the installation's own all organizations. */
export async function listResources(store: Store, organization: string, kind?: Kind): Promise<Resource[]> {
  const query = kind === undefined ? {} : { where: { attribute: 'kind', equals: kind } }
  const found = (await findAll(store, resources, organization, query)).map((each) => each.value)
  if (organization === SYSTEM || (kind !== undefined && kind !== 'Organization')) return found
  const own = await store.get(resources, SYSTEM, idOf.resource('Organization', organization))
  return own === undefined ? found : [own.value, ...found]
}

/** A resource as a bundle of its own, with the files that it already has: contracts, Cedar policies, or metadata. */
export async function bundleOf(
  store: Store,
  resource: ResourceName & { readonly spec: unknown },
  files: Bundle,
): Promise<{ readonly bundle: Bundle; readonly spare: ReadonlySet<string> }> {
  const { kind, organization, name, spec } = resource
  const hasFiles = kind === 'Api' || kind === 'PolicySet' || kind === 'IdentityProvider'
  const state = await loadState(store, new Set(hasFiles ? [organization] : []))
  const stored = state.resources.get(resourceId(resource))
  const own =
    stored === undefined ? {} : stored.kind === 'Api' ? contractsOf(state, stored) : textFilesOf(stored)
  const declaration = JSON.stringify({ kind, organization, name, spec }, null, 2)
  return {
    bundle: { ...own, ...files, [declarationPath(resource)]: declaration },
    spare: new Set(Object.keys(own)),
  }
}

/** Refuses to write over a version that the caller has not seen. */
export async function demandVersion(store: Store, wanted: ResourceName, version: number): Promise<void> {
  const found = await store.get(resources, homeOf(wanted), idOf.resource(wanted.kind, wanted.name))
  if (found?.version === version) return
  throw storeFaults.conflict({
    detail: `${resourceId(wanted)} is at version ${found?.version ?? 'none'}, not ${version}.`,
  })
}

/** Findings about a declaration that its sender wrote without a file: the pointer alone says where. */
export function withoutFile(findings: readonly Finding[], resource: ResourceName): Finding[] {
  const path = declarationPath(resource)
  return findings.map(({ file, line, column, ...rest }) =>
    file === path
      ? rest
      : { ...rest, ...(file && { file }), ...(line && { line }), ...(column && { column }) },
  )
}
