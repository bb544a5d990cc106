import type { RoleConfig } from './contract.ts'

/** Each attachment by itself can be passed; several together may demand what one of them forbids. */
export function impasseOf(configs: readonly RoleConfig[]): string | undefined {
  const forbidden = new Set(configs.flatMap(({ noneOf }) => noneOf))
  for (const { allOf, anyOf } of configs) {
    const demanded = allOf.find((role) => forbidden.has(role))
    if (demanded !== undefined) return `the role "${demanded}" is demanded and forbidden`
    if (anyOf.length > 0 && anyOf.every((role) => forbidden.has(role))) {
      return `each of the roles ${anyOf.map((role) => `"${role}"`).join(', ')}, one of which is demanded, is forbidden`
    }
  }
  return undefined
}
