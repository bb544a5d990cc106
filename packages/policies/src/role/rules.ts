import type { RoleConfig } from './contract.ts'

/** What the roles of a caller come to. */
export type Judgement =
  | { readonly kind: 'satisfied' }
  | { readonly kind: 'missing'; readonly roles: readonly string[] }
  | { readonly kind: 'forbidden'; readonly roles: readonly string[] }

const SATISFIED: Judgement = { kind: 'satisfied' }

/** What is forbidden is asked first: no other role makes up for it. */
export function judge(
  { anyOf, allOf, noneOf }: Pick<RoleConfig, 'anyOf' | 'allOf' | 'noneOf'>,
  has: (role: string) => boolean,
): Judgement {
  const forbidden = noneOf.filter(has)
  if (forbidden.length > 0) return { kind: 'forbidden', roles: forbidden }
  const lacking = allOf.filter((role) => !has(role))
  if (lacking.length > 0) return { kind: 'missing', roles: lacking }
  if (anyOf.length > 0 && !anyOf.some(has)) return { kind: 'missing', roles: anyOf }
  return SATISFIED
}
