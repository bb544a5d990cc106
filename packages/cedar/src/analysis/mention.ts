import type { Json, JsonObject } from '@portcullis/kernel/json'
import { compileExpression } from '../compile/expression.ts'
import type { EstExpression, EstPolicy } from '../est.ts'
import { readHead } from '../read-head.ts'
import { scopeVariables } from '../request.ts'
import type { CedarValue } from '../value.ts'
import { pathOf } from './path.ts'

/** Everything that a policy names. */
export interface Mentions {
  /** Paths from a variable on, such as `principal.department` and `context.claims.tenant`; a tag as `principal.tags.x`. */
  readonly attributes: readonly string[]
  readonly entities: readonly { readonly type: string; readonly id: string }[]
  readonly types: readonly string[]
  /** Which constants an attribute is compared with. */
  readonly values: readonly { readonly attribute: string; readonly value: string }[]
}

interface Found {
  readonly attributes: Set<string>
  readonly entities: Map<string, { type: string; id: string }>
  readonly types: Set<string>
  readonly values: Map<string, { attribute: string; value: string }>
}

/** What a policy mentions in its head and its conditions, sorted. */
export function mentionsOf(policy: EstPolicy): Mentions {
  const found = nothingFound()
  const head = readHead(policy)
  for (const variable of scopeVariables) {
    const { equals, in: groups, is } = head[variable]
    for (const ref of [...(groups ?? []), ...(equals === undefined ? [] : [equals])]) noteConstant(ref, found)
    if (is !== undefined) found.types.add(is)
  }
  for (const { body } of policy.conditions) walk(body, found)
  return told(found)
}

/** What an expression mentions, such as the `when:` of an attachment. */
export function mentionsOfExpression(expression: EstExpression): Mentions {
  const found = nothingFound()
  walk(expression, found)
  return told(found)
}

function nothingFound(): Found {
  return { attributes: new Set(), entities: new Map(), types: new Set(), values: new Map() }
}

function told(found: Found): Mentions {
  return {
    attributes: [...found.attributes].toSorted(),
    entities: inOrder(found.entities),
    types: [...found.types].toSorted(),
    values: inOrder(found.values),
  }
}

function inOrder<Value>(byKey: ReadonlyMap<string, Value>): Value[] {
  return [...byKey].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value)
}

/** Every part of an expression: nodes are objects with one key, under which their parts stand. */
function walk(json: Json | undefined, found: Found): void {
  if (json === null || typeof json !== 'object') return
  if (Array.isArray(json)) {
    for (const item of json) walk(item, found)
    return
  }
  const node = json as JsonObject
  const path = pathOf(node)
  if (path?.includes('.')) found.attributes.add(path)
  if (node.Value !== undefined) noteConstant(compileExpression(node).constant, found)
  else {
    for (const [operator, content] of Object.entries(node)) noteNode(operator, content, found)
    for (const part of Object.values(node)) if (path === undefined || pathOf(part) !== path) walk(part, found)
  }
}

function noteNode(operator: string, content: Json, found: Found): void {
  if (content === null || typeof content !== 'object' || Array.isArray(content)) return
  const { left, right, attr, entity_type: type } = content as JsonObject
  if (operator === 'has') noteHas(left, [attr].flat().map(String), found)
  if (operator === 'is') found.types.add(String(type))
  if (operator !== 'getTag' && operator !== 'hasTag' && left !== undefined && right !== undefined)
    noteValues(left, right, found)
}

function noteHas(left: Json | undefined, names: readonly string[], found: Found): void {
  const path = pathOf(left)
  if (path !== undefined) found.attributes.add([path, ...names].join('.'))
}

function noteValues(left: Json, right: Json, found: Found): void {
  for (const [side, other] of [
    [left, right],
    [right, left],
  ] as const) {
    const attribute = pathOf(side)
    if (attribute === undefined) continue
    for (const constant of constantsOf(other)) {
      const value = textOf(constant)
      if (value !== undefined) found.values.set(`${attribute}\0${value}`, { attribute, value })
    }
  }
}

function constantsOf(json: Json): readonly CedarValue[] {
  const { constant } = compileExpression(json)
  if (constant === undefined) return []
  return typeof constant === 'object' && constant.kind === 'set' ? constant.elements : [constant]
}

function noteConstant(constant: CedarValue | undefined, found: Found): void {
  if (typeof constant !== 'object') return
  if (constant.kind === 'set') for (const element of constant.elements) noteConstant(element, found)
  if (constant.kind !== 'entity') return
  found.entities.set(constant.key, { type: constant.type, id: constant.id })
  found.types.add(constant.type)
}

function textOf(value: CedarValue): string | undefined {
  if (typeof value !== 'object') return String(value)
  return value.kind === 'entity' ? `${value.type}::${JSON.stringify(value.id)}` : undefined
}
