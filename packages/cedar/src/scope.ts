import type { JsonObject } from '@portcullis/kernel/json'
import { isIn } from './compile/access.ts'
import type { Test } from './compile/code.ts'
import { listOf, membersOf, textOf, unsupported } from './compile/node.ts'
import type { EstPolicy } from './est.ts'
import { entityRefOfJson } from './json.ts'
import type { ScopeVariable } from './request.ts'
import type { EntityRef } from './value.ts'

/** What a policy's head asks of principal, action or resource. All that is stated must hold. */
export interface Scope {
  readonly is?: string
  /** It, or what is below it: with `==` only it. */
  readonly equals?: EntityRef
  /** At or below one of these. */
  readonly in?: readonly EntityRef[]
}

/** Reads one part of a policy's head. Throws `cedar.unsupported`, also for a template that was not linked. */
export function readScope(policy: EstPolicy, variable: ScopeVariable): Scope {
  const json = policy[variable]
  switch (textOf(json.op, variable)) {
    case 'All':
      membersOf(json, variable, ['op'])
      return {}
    case '==':
      return { equals: refOf(membersOf(json, variable, ['op', 'entity', 'slot']), variable) }
    case 'in':
      return { in: refsOf(membersOf(json, variable, ['op', 'entity', 'entities', 'slot']), variable) }
    case 'is':
      return isOf(membersOf(json, variable, ['op', 'entity_type', 'in']), variable)
    default:
      throw unsupported(`${variable}: unknown operator`)
  }
}

function isOf(json: JsonObject, variable: ScopeVariable): Scope {
  const is = textOf(json.entity_type, variable)
  if (json.in === undefined) return { is }
  return { is, in: [refOf(membersOf(json.in, variable, ['entity', 'slot']), variable)] }
}

function refOf(json: JsonObject, variable: ScopeVariable): EntityRef {
  if (json.entity === undefined) throw unsupported(`${variable}: a template that was not linked`)
  return entityRefOfJson(json.entity)
}

function refsOf(json: JsonObject, variable: ScopeVariable): EntityRef[] {
  if (json.entities === undefined) return [refOf(json, variable)]
  return listOf(json.entities, variable).map(entityRefOfJson)
}

/** What remains to be asked; undefined where every request fits. Asking a scope never fails. */
export function compileScope(scope: Scope, variable: ScopeVariable): Test | undefined {
  const { is, equals, in: groups } = scope
  if (equals !== undefined) return (request) => request[variable].equals(equals)
  if (groups === undefined) return is === undefined ? undefined : (request) => request[variable].type === is
  const inOne: Test = (request) => groups.some((group) => isIn(request[variable], group, request))
  return is === undefined ? inOne : (request) => request[variable].type === is && inOne(request)
}
