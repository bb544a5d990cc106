import type { NamedPolicy } from '../est.ts'
import { joinFacts } from './fact.ts'
import { type Hierarchy, headsMeet, unknownHierarchy } from './head-relation.ts'
import { covers, type KnownPolicy, knownPolicy } from './known-policy.ts'
import { impassesOf, type Operation } from './operation.ts'

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
  const known = policies.map(knownPolicy)
  const whyNot = impassesOf(policies, isIn)
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
    uncallable: operations.filter((operation) => whyNot(operation) !== undefined),
  }
}

function relate(permit: KnownPolicy, forbid: KnownPolicy, isIn: Hierarchy): 'always' | 'may' | 'never' {
  if (!headsMeet(permit.head, forbid.head, isIn) || excludeEachOther(permit, forbid)) return 'never'
  return covers(forbid, permit, isIn) ? 'always' : 'may'
}

function excludeEachOther(a: KnownPolicy, b: KnownPolicy): boolean {
  return a.facts === undefined || b.facts === undefined || joinFacts(a.facts, b.facts) === undefined
}

function findDuplicates(known: readonly KnownPolicy[]): { policy: string; of: string }[] {
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
function isShadow(
  other: KnownPolicy,
  place: number,
  policy: KnownPolicy,
  at: number,
  isIn: Hierarchy,
): boolean {
  if (other === policy || other.effect !== policy.effect || !covers(other, policy, isIn)) return false
  return place < at || !covers(policy, other, isIn)
}
