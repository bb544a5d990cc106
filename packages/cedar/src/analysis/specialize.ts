import type { Json, JsonObject } from '@portcullis/kernel/json'
import type { EstPolicy } from '../est.ts'
import { pathOf } from './path.ts'

/** What is known of every request that is looked at: constants in Cedar's JSON, by path, such as `resource.classification`. */
export type KnownValues = ReadonlyMap<string, JsonObject>

/** The policy as it reads for requests of which that is known: what it asks is replaced by the answer. */
export function specialize(policy: EstPolicy, known: KnownValues): EstPolicy {
  if (known.size === 0) return policy
  return {
    ...policy,
    conditions: policy.conditions.map(({ kind, body }) => ({
      kind,
      body: replaceIn(body, known) as JsonObject,
    })),
  }
}

function replaceIn(json: Json, known: KnownValues): Json {
  if (json === null || typeof json !== 'object') return json
  if (Array.isArray(json)) return json.map((item) => replaceIn(item, known))
  const node = json as JsonObject
  // What stands in a constant is no question.
  if (node.Value !== undefined) return node
  const path = pathOf(node)
  const value = path === undefined ? undefined : known.get(path)
  if (value !== undefined) return value
  if (isPresent(node.has, known)) return { Value: true }
  return Object.fromEntries(Object.entries(node).map(([key, part]) => [key, replaceIn(part, known)]))
}

/** `resource has classification`, of something that is known. */
function isPresent(has: Json | undefined, known: KnownValues): boolean {
  if (has === null || typeof has !== 'object' || Array.isArray(has)) return false
  const { left, attr } = has as JsonObject
  const base = pathOf(left)
  return base !== undefined && known.has([base, ...[attr].flat().map(String)].join('.'))
}
