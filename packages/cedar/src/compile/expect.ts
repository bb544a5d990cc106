import { EvaluationError } from '../evaluation-error.ts'
import type { Long } from '../long.ts'
import type { CedarSet, CedarValue, EntityRef } from '../value.ts'
import { kindOf } from '../value.ts'
import type { Code, Test } from './code.ts'

interface TypeOfKind {
  boolean: boolean
  string: string
  long: Long
  entity: EntityRef
  set: CedarSet
}

/** Checks the kind of a value, with an error that names the place and is made once. */
export function expecting<K extends keyof TypeOfKind>(
  kind: K,
  where: string,
): (value: CedarValue) => TypeOfKind[K] {
  const error = new EvaluationError(`${where}: expected ${kind}`)
  const check = (value: CedarValue): CedarValue => {
    if (kindOf(value) !== kind) throw error
    return value
  }
  return check as (value: CedarValue) => TypeOfKind[K]
}

/** The expression as a test: fails where it answers with anything but true or false. */
export function asTest(code: Code, where: string): Test {
  if (code.test !== undefined) return code.test
  const { run } = code
  const error = new EvaluationError(`${where}: expected boolean`)
  return (request) => {
    const value = run(request)
    if (typeof value !== 'boolean') throw error
    return value
  }
}
