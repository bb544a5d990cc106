import type { Head } from '../read-head.ts'
import { scopeVariables } from '../request.ts'
import type { Scope } from '../scope.ts'
import type { EntityRef } from '../value.ts'

/** Whether one entity is at or below another, and undefined where that is not known before a call. */
export type Hierarchy = (ref: EntityRef, above: EntityRef) => boolean | undefined

/** Knows nothing but that everything is at itself. */
export const unknownHierarchy: Hierarchy = (ref, above) => (ref.equals(above) ? true : undefined)

/** False only where no request fits both heads. */
export function headsMeet(a: Head, b: Head, isIn: Hierarchy): boolean {
  return scopeVariables.every((variable) => scopesMeet(a[variable], b[variable], isIn))
}

function scopesMeet(a: Scope, b: Scope, isIn: Hierarchy): boolean {
  if (a.equals !== undefined) return mayFit(a.equals, b, isIn)
  if (b.equals !== undefined) return mayFit(b.equals, a, isIn)
  return a.is === undefined || b.is === undefined || a.is === b.is
}

function mayFit(ref: EntityRef, scope: Scope, isIn: Hierarchy): boolean {
  if (scope.equals !== undefined) return scope.equals.equals(ref)
  if (scope.is !== undefined && scope.is !== ref.type) return false
  return scope.in === undefined || scope.in.some((group) => isIn(ref, group) !== false)
}

/** True only where every request that fits the inner head fits the outer one too. */
export function headCovers(outer: Head, inner: Head, isIn: Hierarchy): boolean {
  return scopeVariables.every((variable) => scopeCovers(outer[variable], inner[variable], isIn))
}

function scopeCovers(outer: Scope, inner: Scope, isIn: Hierarchy): boolean {
  const { equals } = inner
  if (outer.equals !== undefined) return equals?.equals(outer.equals) ?? false
  if (outer.is !== undefined && outer.is !== (equals?.type ?? inner.is)) return false
  const groups = outer.in
  if (groups === undefined) return true
  const below = equals === undefined ? inner.in : [equals]
  return below?.every((ref) => groups.some((group) => isIn(ref, group) === true)) ?? false
}
