import type { ApiKey } from '@portcullis/model/credential/api-key'
import type { ApiKeys } from './port.ts'

/** Keys as this process was told of them. */
export interface MemoryApiKeys extends ApiKeys {
  /** All up to `upTo` are known then; of one key the last word counts. */
  add(keys: readonly ApiKey[], upTo: number): void
}

export function openMemoryApiKeys(): MemoryApiKeys {
  const known = new Map<string, ApiKey>()
  let position = 0
  return {
    find: (id) => known.get(id),
    position: () => position,
    add(keys, upTo) {
      for (const key of keys) known.set(key.id, key)
      position = upTo
    },
  }
}
