import { canonicalJson } from '@portcullis/kernel/json'
import type { NamedPolicy } from '../est.ts'
import { type Head, readHead } from '../read-head.ts'
import type { EntityRef } from '../value.ts'
import { type Facts, factsImply, factsOf, joinFacts } from './fact.ts'
import { type Hierarchy, headCovers, headsMeet, unknownHierarchy } from './head-relation.ts'

/** A request that is possible at all: an operation, and what it is done with. */
export interface Operation {
  readonly action: EntityRef
  readonly resource: EntityRef
}

export interface Findings {
  /** A permit and a forbid that can both hold. `always`: whatever the permit allows is forbidden. */
  readonly contradictions: readonly {
    readonly permit: string
    readonly forbid: string
    readonly how: 'always' | 'may'
  }[]
  /** Their own conditions exclude each other. */
  readonly impossible: readonly string[]
  /** Same effect, head and conditions as one before. */
  readonly duplicates: readonly { readonly policy: string; readonly of: string }[]
  /** Wherever they hold, another of the same effect holds too. */
  readonly shadowed: readonly { readonly policy: string; readonly by: string }[]
  /** No permit can allow them: none fits, or every one that fits is overridden. */
  readonly uncallable: readonly Operation[]
}

interface Known {
  readonly id: string
  readonly effect: 'permit' | 'forbid'
  readonly head: Head
  /** Undefined where the conditions never hold. */
  readonly facts: Facts | undefined
  readonly text: string
}

/**
 * What can be said of policies without a request. It is careful rather than complete: `always`, `impossible`,
 * `shadowed` and `uncallable` are certain, given the hierarchy; that two policies are not among the contradictions
 * means that they were proved to exclude each other; `may` means that this could not be proved.
 */
export function analyzePolicies(
  policies: readonly NamedPolicy[],
  operations: readonly Operation[] = [],
  isIn: Hierarchy = unknownHierarchy,
): Findings {
  const known = policies.map(knownOf)
  const possible = known.filter((one) => one.facts !== undefined)
  const permits = possible.filter((one) => one.effect === 'permit')
  const forbids = possible.filter((one) => one.effect === 'forbid')
  const duplicates = findDuplicates(known)
  const repeated = new Set(duplicates.map((one) => one.policy))
  const single = possible.filter((one) => !repeated.has(one.id))
  return {
    contradictions: permits.flatMap((permit) =>
      forbids.flatMap((forbid) => {
        const how = relate(permit, forbid, isIn)
        return how === 'never' ? [] : [{ permit: permit.id, forbid: forbid.id, how }]
      }),
    ),
    impossible: known.filter((one) => one.facts === undefined).map((one) => one.id),
    duplicates,
    shadowed: single.flatMap((policy, at) => {
      const by = single.find((other, place) => isShadow(other, place, policy, at, isIn))
      return by === undefined ? [] : [{ policy: policy.id, by: by.id }]
    }),
    uncallable: operations.filter((operation) => !isCallable(operation, permits, forbids, isIn)),
  }
}

function knownOf({ id, policy }: NamedPolicy): Known {
  const { effect, principal, action, resource, conditions } = policy
  const text = canonicalJson({ effect, principal, action, resource, conditions })
  return { id, effect, head: readHead(policy), facts: factsOf(policy), text }
}

function relate(permit: Known, forbid: Known, isIn: Hierarchy): 'always' | 'may' | 'never' {
  if (!headsMeet(permit.head, forbid.head, isIn) || excludeEachOther(permit, forbid)) return 'never'
  return covers(forbid, permit, isIn) ? 'always' : 'may'
}

function excludeEachOther(a: Known, b: Known): boolean {
  return a.facts === undefined || b.facts === undefined || joinFacts(a.facts, b.facts) === undefined
}

/** True only where the outer holds whenever the inner does: whatever it asks, the inner has asked, so it can't fail. */
function covers(outer: Known, inner: Known, isIn: Hierarchy): boolean {
  if (outer.facts === undefined || inner.facts === undefined) return false
  return headCovers(outer.head, inner.head, isIn) && factsImply(inner.facts, outer.facts)
}

function findDuplicates(known: readonly Known[]): { policy: string; of: string }[] {
  const first = new Map<string, string>()
  const duplicates: { policy: string; of: string }[] = []
  for (const { id, text } of known) {
    const of = first.get(text)
    if (of === undefined) first.set(text, id)
    else duplicates.push({ policy: id, of })
  }
  return duplicates
}

/** Of two that cover each other the later one is the shadow. */
function isShadow(other: Known, place: number, policy: Known, at: number, isIn: Hierarchy): boolean {
  if (other === policy || other.effect !== policy.effect || !covers(other, policy, isIn)) return false
  return place < at || !covers(policy, other, isIn)
}

function isCallable(
  { action, resource }: Operation,
  permits: readonly Known[],
  forbids: readonly Known[],
  isIn: Hierarchy,
): boolean {
  const here: Head = { principal: {}, action: { equals: action }, resource: { equals: resource } }
  return permits.some((permit) => {
    if (!headsMeet(permit.head, here, isIn)) return false
    const narrowed: Known = { ...permit, head: { ...here, principal: permit.head.principal } }
    return !forbids.some((forbid) => covers(forbid, narrowed, isIn))
  })
}
