import { type Impasse, impassesOf, type Operation } from '@portcullis/cedar/analysis/operation'
import type { RevisionPolicySet } from '@portcullis/model/revision'
import { callHierarchy, cedarOperationOf } from '@portcullis/policy-kit/condition/cedar-operation'
import type { OperationPlace } from '@portcullis/policy-kit/policy'
import { namedPolicies } from './named-policies.ts'

// Many operations have the same sets, whose policies are looked through once.
const asked = new WeakMap<readonly RevisionPolicySet[], (operation: Operation) => Impasse | undefined>()

/** Why no policy can let anybody in. */
export function impasseOf(sets: readonly RevisionPolicySet[], place: OperationPlace): string | undefined {
  const known = asked.get(sets) ?? impassesOf(namedPolicies(sets), callHierarchy)
  asked.set(sets, known)
  const impasse = known(cedarOperationOf(place))
  if (impasse === undefined) return undefined
  const { forbids } = impasse
  if (forbids.length === 0) return 'no policy of the policy sets permits it'
  return `all that is permitted is forbidden by ${forbids.slice(0, 10).join(', ')}`
}
