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
