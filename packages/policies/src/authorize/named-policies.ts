import type { NamedPolicy } from '@portcullis/cedar/est'
import type { RevisionPolicySet } from '@portcullis/model/revision'

/** The policies of all sets as one; each is named by its set and its id. */
export function namedPolicies(sets: readonly RevisionPolicySet[]): NamedPolicy[] {
  return sets.flatMap(({ policySet, policies }) =>
    policies.map(({ id, policy: { annotations, ...policy } }) => ({ id: `${policySet}/${id}`, policy })),
  )
}
