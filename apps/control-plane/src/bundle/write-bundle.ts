import type { ContractFiles } from '@portcullis/model/collection'
import { cedarFileOf, cedarTextOf, type PolicySetSpec } from '@portcullis/model/resource/policy-set'
import { kinds, type Resource, type ResourceOf } from '@portcullis/model/resource/resource'
import { stringify } from 'yaml'
import { contractKey, type State } from '../state/state.ts'
import type { Bundle } from './bundle.ts'

/** The declarations of a state in their canonical form. Applied again, they change nothing. */
export function writeBundle(state: State): Bundle {
  const bundle: Record<string, string> = {}
  const sorted = [...state.resources.values()].toSorted(
    (a, b) => compare(a.organization, b.organization) || order(a) - order(b) || compare(a.name, b.name),
  )
  for (const resource of sorted) {
    const { kind, organization, name, spec } = resource
    // Lines are not folded: a changed word is then a changed line in a comparison of texts.
    const declared = {
      kind,
      organization,
      name,
      spec: resource.kind === 'PolicySet' ? cedarApart(resource) : spec,
    }
    bundle[declarationPath(resource)] = stringify(declared, { lineWidth: 0 })
    if (resource.kind === 'PolicySet') Object.assign(bundle, cedarFilesOf(resource))
    if (resource.kind === 'Api') Object.assign(bundle, contractsOf(state, resource))
  }
  return bundle
}

/** The spec as it is declared where its policies are in a file. */
function cedarApart({ spec }: ResourceOf<'PolicySet'>): PolicySetSpec {
  const file = cedarFileOf(spec)
  return file === undefined ? spec : { ...spec, policies: { file } }
}

/** The file of a policy set at its place in an export; none where the policies are in the declaration. */
export function cedarFilesOf({ organization, spec }: ResourceOf<'PolicySet'>): Bundle {
  const file = cedarFileOf(spec)
  return file === undefined ? {} : { [`${organization}/policyset/${file}`]: cedarTextOf(spec) }
}

/** The place of a declaration in an export. */
export function declarationPath({
  organization,
  kind,
  name,
}: Pick<Resource, 'organization' | 'kind' | 'name'>): string {
  return `${organization}/${kind.toLowerCase()}/${name}.yaml`
}

/** The folder of a contract in an export. */
export function contractFolder(organization: string, api: string, version: string): string {
  return `${organization}/api/${api}/${version}`
}

/** The contract files of an API at their places in an export. */
export function contractsOf(state: State, api: Resource & { readonly kind: 'Api' }): Bundle {
  return Object.fromEntries(
    Object.keys(api.spec.versions).flatMap((version) => {
      const contract = state.contracts.get(contractKey(api.organization, api.name, version))
      return contract === undefined
        ? []
        : placed(contract, contractFolder(api.organization, api.name, version))
    }),
  )
}

function placed(contract: ContractFiles, folder: string): [string, string][] {
  return Object.entries(contract.files).map(([path, text]) => [`${folder}/${path}`, text])
}

function order(resource: Resource): number {
  return kinds.indexOf(resource.kind)
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
