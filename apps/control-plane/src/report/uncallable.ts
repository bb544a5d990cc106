import type { Uncallable } from '@portcullis/api-client/route/policy-report'
import type { Catalog, OperationPlace } from '@portcullis/policy-kit/policy'
import { arrange, type EffectiveStep } from '@portcullis/policy-kit/step/effective-steps'
import type { ServedOperation } from './served-operation.ts'

/** Every operation that nobody can call, wherever it is served, and what each policy that shuts it says. */
export function uncallableOf(catalog: Catalog, served: readonly ServedOperation[]): Uncallable[] {
  return served.flatMap(({ places, api, operation }): Uncallable[] => {
    const everywhere = places.map((place) => impassesAt(catalog, place))
    const [reasons] = everywhere
    if (reasons === undefined || everywhere.some((each) => each.length === 0)) return []
    return [{ api: api.api, version: api.version, operation: operation.id, reasons }]
  })
}

function impassesAt(catalog: Catalog, place: OperationPlace): Uncallable['reasons'] {
  const enforced = arrange(catalog, place).steps.filter(({ mode }) => mode === 'enforce')
  const establishes = (name: string): boolean => {
    const scheme = Object.hasOwn(place.api.schemes, name) ? place.api.schemes[name] : undefined
    return scheme !== undefined && enforced.some(({ policy }) => policy.contract.satisfies?.(scheme) === true)
  }
  const byPolicy = Map.groupBy(enforced.filter(isForAll), ({ policy }) => policy)
  return [...byPolicy].flatMap(([{ contract }, steps]) => {
    const configs = steps.map(({ config }) => config)
    const reason = contract.impasse?.({ configs, facts: steps[0]?.facts, place, establishes })
    return reason === undefined ? [] : [{ policy: contract.id, reason }]
  })
}

/** What runs for some calls alone leaves the others. */
function isForAll({ reach, replacedFor }: EffectiveStep): boolean {
  return reach.when === undefined && reach.subscribers === undefined && replacedFor.length === 0
}
