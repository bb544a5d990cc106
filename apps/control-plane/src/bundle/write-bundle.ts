import type { ContractFiles } from '@portcullis/model/collection'
import { kinds, type Resource } from '@portcullis/model/resource/resource'
import { textFileOf, withTextFile } from '@portcullis/model/resource/text-file'
import { stringify } from 'yaml'
import { contractKey, type State } from '../state/state.ts'
import type { Bundle } from './bundle.ts'

/** The declarations of a state in their canonical form. Applied again, they change nothing. */
export function writeBundle(state: State): Bundle {
  const bundle: Record<string, string> = {}
  const sorted = [...state.resources.values()].toSorted(
    (a, b) => compare(a.organization, b.organization) || order(a) - order(b) || compare(a.name, b.name),
  )
  for (const each of sorted) {
    const named = textFileOf(each)
    const resource = named === undefined ? each : withTextFile(each, { file: named.file })
    const { kind, organization, name, spec } = resource
    // Lines are not folded: a changed word is then a changed line in a comparison of texts.
    bundle[declarationPath(resource)] = stringify({ kind, organization, name, spec }, { lineWidth: 0 })
    Object.assign(bundle, textFilesOf(each))
    if (resource.kind === 'Api') Object.assign(bundle, contractsOf(state, resource))
  }
  return bundle
}

/** The file that a resource names, at its place in an export; none where its text is in the declaration. */
export function textFilesOf(resource: Resource): Bundle {
  const named = textFileOf(resource)
  const folder = `${resource.organization}/${resource.kind.toLowerCase()}`
  return named === undefined ? {} : { [`${folder}/${named.file}`]: named.text ?? '' }
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
