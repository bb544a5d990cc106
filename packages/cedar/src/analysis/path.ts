import type { Json, JsonObject } from '@portcullis/kernel/json'
import { compileExpression } from '../compile/expression.ts'

/** `context.claims.tenant`, also of `.getTag("x")`; undefined for what does not begin at a variable. */
export function pathOf(json: Json | undefined): string | undefined {
  if (json === null || typeof json !== 'object' || Array.isArray(json)) return undefined
  const { Var: variable, '.': attribute, getTag, hasTag } = json as JsonObject
  if (typeof variable === 'string') return variable
  const tag = getTag ?? hasTag
  if (attribute === undefined && tag === undefined) return undefined
  const { left, attr, right } = (attribute ?? tag) as JsonObject
  const base = pathOf(left)
  if (base === undefined) return undefined
  if (attribute !== undefined) return `${base}.${String(attr)}`
  const { constant } = compileExpression(right)
  return `${base}.tags${typeof constant === 'string' ? `.${constant}` : ''}`
}
