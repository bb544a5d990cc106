import { canonicalJson } from '@portcullis/kernel/json'
import type { EstPolicy, NamedPolicy } from '../est.ts'
import { type Head, readHead } from '../read-head.ts'
import { type Facts, factsImply, factsOf } from './fact.ts'
import { type Hierarchy, headCovers } from './head-relation.ts'

/** A policy, and what is known of it without a request. */
export interface KnownPolicy {
  readonly id: string
  readonly policy: EstPolicy
  readonly effect: 'permit' | 'forbid'
  readonly head: Head
  /** Undefined where the conditions never hold. */
  readonly facts: Facts | undefined
  /** The same for policies that say the same. */
  readonly text: string
}

export function knownPolicy({ id, policy }: NamedPolicy): KnownPolicy {
  const { effect, principal, action, resource, conditions } = policy
  const text = canonicalJson({ effect, principal, action, resource, conditions })
  return { id, policy, effect, head: readHead(policy), facts: factsOf(policy), text }
}

type Asked = Pick<KnownPolicy, 'head' | 'facts'>

/** True only where the outer holds whenever the inner does: whatever it asks, the inner has asked, so it can't fail. */
export function covers(outer: Asked, inner: Asked, isIn: Hierarchy): boolean {
  if (outer.facts === undefined || inner.facts === undefined) return false
  return headCovers(outer.head, inner.head, isIn) && factsImply(inner.facts, outer.facts)
}
