import type { EstPolicy, NamedPolicy } from '../est.ts'
import { type Head, readHead } from '../read-head.ts'
import type { EntityRef } from '../value.ts'
import { type Facts, factsOf } from './fact.ts'
import { type Hierarchy, headsMeet, unknownHierarchy } from './head-relation.ts'
import { covers, type KnownPolicy, knownPolicy } from './known-policy.ts'
import { type KnownValues, specialize } from './specialize.ts'

/** A request that is possible at all: an operation, and what it is done with. */
export interface Operation {
  readonly action: EntityRef
  readonly resource: EntityRef
  /** What is known of all its requests. Operations of which the same is known share one object: that saves work. */
  readonly known?: KnownValues
}

/** Why nobody can make a request. */
export interface Impasse {
  /** The policies that forbid whatever others permit; none where nothing is permitted. */
  readonly forbids: readonly string[]
}

/** Tells of an operation why no permit can allow it: none fits, or every one that fits is overridden. */
export function impassesOf(
  policies: readonly NamedPolicy[],
  isIn: Hierarchy = unknownHierarchy,
): (operation: Operation) => Impasse | undefined {
  const known = policies.map((one) => ({ ...knownPolicy(one), holding: factsAmong(one.policy) }))
  return (operation) => {
    const here = headOf(operation)
    const fitting = known.flatMap((one): KnownPolicy[] => {
      const facts = headsMeet(one.head, here, isIn) ? one.holding(operation.known) : undefined
      return facts === undefined ? [] : [{ ...one, facts }]
    })
    const forbids = fitting.filter((one) => one.effect === 'forbid')
    const blocking = new Set<string>()
    for (const { effect, head, facts } of fitting) {
      if (effect !== 'permit') continue
      const narrowed = { facts, head: { ...here, principal: head.principal } }
      const forbid = forbids.find((one) => covers(one, narrowed, isIn))
      if (forbid === undefined) return undefined
      blocking.add(forbid.id)
    }
    return { forbids: [...blocking] }
  }
}

/** Tells of an operation whether a policy may hold for it: false only where it can't for any request. */
export function holdingOf(
  policy: EstPolicy,
  isIn: Hierarchy = unknownHierarchy,
): (operation: Operation) => boolean {
  const head = readHead(policy)
  const holding = factsAmong(policy)
  return (operation) => headsMeet(head, headOf(operation), isIn) && holding(operation.known) !== undefined
}

function headOf({ action, resource }: Operation): Head {
  return { principal: {}, action: { equals: action }, resource: { equals: resource } }
}

const NOTHING: KnownValues = new Map()

/** The facts of a policy where something is known; undefined where it then never holds. */
function factsAmong(policy: EstPolicy): (known: KnownValues | undefined) => Facts | undefined {
  const made = new Map<KnownValues, Facts | undefined>()
  return (known = NOTHING) => {
    if (!made.has(known)) made.set(known, factsOf(specialize(policy, known)))
    return made.get(known)
  }
}
