import type { ContractFiles } from '@portcullis/model/collection'
import { type Resource, resourceId } from '@portcullis/model/resource/resource'
import type { Declared } from '../bundle/declared.ts'

/** What is declared: of the organizations that were asked for everything, of the others their environments. */
export interface State {
  /** By `resourceId`. */
  readonly resources: ReadonlyMap<string, Resource>
  /** By `contractKey`. */
  readonly contracts: ReadonlyMap<string, ContractFiles>
}

export function contractKey(organization: string, api: string, version: string): string {
  return `${organization}/${api}/${version}`
}

/** What is to be changed. */
export interface Edit {
  readonly declared: readonly Declared[]
  /** Resources to remove, by id. */
  readonly remove: readonly string[]
  /** Also remove what the declared organizations have and the edit leaves out. */
  readonly prune: boolean
}

/** The organizations whose content an edit can change. */
export function organizationsOf(edit: Edit): Set<string> {
  const removed = edit.remove.map((id) => id.split('/', 1)[0] as string)
  return new Set([...edit.declared.map(({ resource }) => resource.organization), ...removed])
}

/** The state after an edit. Pruning never removes an organization itself: that is asked for by name. */
export function nextState(stored: State, edit: Edit): State {
  const resources = new Map(stored.resources)
  const contracts = new Map(stored.contracts)
  const declared = new Map(edit.declared.map((each) => [resourceId(each.resource), each]))
  for (const id of [...edit.remove, ...(edit.prune ? leftOut(stored, edit, declared) : [])]) {
    dropContracts(contracts, resources.get(id))
    resources.delete(id)
  }
  for (const [id, { resource, contracts: own }] of declared) {
    dropContracts(contracts, resources.get(id))
    resources.set(id, resource)
    for (const [version, contract] of own) {
      contracts.set(contractKey(resource.organization, resource.name, version), contract.files)
    }
  }
  return { resources, contracts }
}

function leftOut(stored: State, edit: Edit, declared: ReadonlyMap<string, Declared>): string[] {
  const organizations = new Set(edit.declared.map(({ resource }) => resource.organization))
  return [...stored.resources]
    .filter(([id, resource]) => {
      const { organization, kind } = resource
      // Nobody has declared what registered itself, so leaving it out says nothing.
      const isRegistered = kind === 'App' && resource.spec.registered !== undefined
      return organizations.has(organization) && kind !== 'Organization' && !isRegistered && !declared.has(id)
    })
    .map(([id]) => id)
}

function dropContracts(contracts: Map<string, ContractFiles>, resource: Resource | undefined): void {
  if (resource?.kind !== 'Api') return
  for (const version of Object.keys(resource.spec.versions)) {
    contracts.delete(contractKey(resource.organization, resource.name, version))
  }
}
