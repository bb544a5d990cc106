import type { Operation } from '@portcullis/model/contract'

/** What a config may speak of where it is attached. */
export interface Surroundings {
  /** The API versions with the operations for which it is meant; without those whose contract can't be read. */
  readonly apis: readonly SurroundingApi[]
  /** The names of the address lists that there are. */
  readonly addressLists: ReadonlySet<string>
}

export interface SurroundingApi {
  /** `warehouse/v1`. */
  readonly name: string
  /** The scopes that the contract declares. */
  readonly scopes: Readonly<Record<string, string>>
  readonly operations: readonly Pick<Operation, 'id' | 'path' | 'security'>[]
}
