import type { Entities } from './entity.ts'
import type { CedarRecord, EntityRef } from './value.ts'

/** Who wants to do what with what, and what is known around it. */
export interface CedarRequest {
  readonly principal: EntityRef
  readonly action: EntityRef
  readonly resource: EntityRef
  readonly context: CedarRecord
  readonly entities: Entities
}

export type ScopeVariable = 'principal' | 'action' | 'resource'

/** Where order does not matter otherwise, what costs least to look up first: a principal may be below many others. */
export const scopeVariables: readonly ScopeVariable[] = ['action', 'resource', 'principal']
