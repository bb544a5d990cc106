import { type Impasse, impassesOf, type Operation } from '@portcullis/cedar/analysis/operation'
import { callHierarchy, cedarOperationOf } from '@portcullis/policy-kit/condition/cedar-operation'
import type { OperationPlace } from '@portcullis/policy-kit/policy'
import type { AuthorizeFacts } from './contract.ts'
import { namedPolicies } from './named-policies.ts'

// Many operations have the same sets, whose policies are looked through once.
const asked = new WeakMap<AuthorizeFacts, (operation: Operation) => Impasse | undefined>()

/** Why no policy can let anybody in. */
export function impasseOf(facts: AuthorizeFacts, place: OperationPlace): string | undefined {
  const known = asked.get(facts) ?? impassesOf(namedPolicies(facts), callHierarchy)
  asked.set(facts, known)
  const impasse = known(cedarOperationOf(place))
  if (impasse === undefined) return undefined
  const { forbids } = impasse
  if (forbids.length === 0) return 'no policy of the policy sets permits it'
  return `all that is permitted is forbidden by ${forbids.slice(0, 10).join(', ')}`
}
