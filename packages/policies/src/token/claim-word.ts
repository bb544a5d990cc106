import { pathOf } from '@portcullis/kernel/json-pointer'

/** A claim as conditions write it, of its pointer: `context.claims.realm.roles`. */
export function claimWord(pointer: string): string {
  return ['context', 'claims', ...pathOf(pointer)].join('.')
}
