import type { Hierarchy } from '@portcullis/cedar/analysis/head-relation'
import type { Operation } from '@portcullis/cedar/analysis/operation'
import type { KnownValues } from '@portcullis/cedar/analysis/specialize'
import { EntityRef } from '@portcullis/cedar/value'
import { canonicalJson, type JsonObject } from '@portcullis/kernel/json'
import type { OperationPlace } from '../policy.ts'

/** An operation as policies see each of its calls, with all that is the same for every one of them. */
export function cedarOperationOf(place: OperationPlace): Operation {
  const { api, operation } = place
  return {
    action: new EntityRef('Action', operation.id),
    resource: new EntityRef('ApiVersion', `${api.api}/${api.version}`),
    known: knownOf(place),
  }
}

// By revision, as operations of which the same is known are to share one object.
const shared = new WeakMap<OperationPlace['revision'], Map<string, KnownValues>>()

function knownOf({ revision, api, operation }: OperationPlace): KnownValues {
  const values: [string, JsonObject][] = [
    ['resource.api', { Value: api.api }],
    ['resource.version', { Value: api.version }],
    ['resource.classification', { Value: api.classification }],
    ['resource.deprecated', { Value: api.deprecated }],
    ['context.environment', { Value: revision.environment }],
    ['context.method', { Value: operation.method }],
    ['context.dataClasses', { Set: (operation.dataClasses ?? []).map((each) => ({ Value: each })) }],
  ]
  const ofRevision = shared.get(revision) ?? new Map<string, KnownValues>()
  shared.set(revision, ofRevision)
  const key = canonicalJson(values)
  const known = ofRevision.get(key) ?? new Map(values)
  ofRevision.set(key, known)
  return known
}

/** Who stands above whom, as far as it is the same for every call. Callers have their roles and groups of their own. */
export const callHierarchy: Hierarchy = (ref, above) => {
  if (ref.equals(above)) return true
  if (ref.type === 'ApiVersion') return above.type === 'Api' && ref.id.startsWith(`${above.id}/`)
  return ref.type === 'User' || ref.type === 'App' ? undefined : false
}
