import { mentionsOf } from '@portcullis/cedar/analysis/mention'
import { holdingOf, type Operation } from '@portcullis/cedar/analysis/operation'
import type { EstPolicy } from '@portcullis/cedar/est'
import type { RevisionPolicySet } from '@portcullis/model/revision'
import { callHierarchy, cedarOperationOf } from '@portcullis/policy-kit/condition/cedar-operation'
import type { OperationPlace } from '@portcullis/policy-kit/policy'

type IsFor = (operation: Operation) => boolean

// The same sets hold for many operations.
const asking = new WeakMap<readonly RevisionPolicySet[], readonly IsFor[]>()

/** Whether a policy asks the body whose head is for the operation: of all others no body is read. */
export function asksBody(sets: readonly RevisionPolicySet[], place: OperationPlace): boolean {
  const known = asking.get(sets) ?? sets.flatMap(({ policies }) => policies.flatMap(asksOfBody))
  asking.set(sets, known)
  // Its conditions are left out: one that fails on its way to where it asks the body would fail for want of it.
  const { action, resource } = cedarOperationOf(place)
  return known.some((isFor) => isFor({ action, resource }))
}

function asksOfBody({ policy }: RevisionPolicySet['policies'][number]): IsFor[] {
  const asks = mentionsOf(policy as EstPolicy).attributes.some(
    (path) => path === 'context.body' || path.startsWith('context.body.'),
  )
  return asks ? [holdingOf(policy as EstPolicy, callHierarchy)] : []
}
