import { Bucket } from './bucket.ts'
import type { Question } from './question.ts'
import type { Head } from './read-head.ts'
import type { CedarRequest } from './request.ts'
import { type ScopeVariable, scopeVariables } from './request.ts'

/** Where a policy is found: under each of these keys, in one of the drawers. */
interface Location {
  readonly variable: ScopeVariable
  readonly drawer: 'equals' | 'in' | 'is'
  readonly keys: readonly string[]
}

/** What is under a key. */
type Drawer<Content> = Map<string, Content>
type Drawers<Content> = {
  readonly [V in ScopeVariable]: { readonly [D in Location['drawer']]: Drawer<Content> }
}

/** Something to be found. */
export interface Indexed<Item> {
  readonly head: Head
  readonly question: Question | undefined
  readonly item: Item
}

function locationsOf(head: Head): Location[] {
  return scopeVariables.flatMap((variable): Location[] => {
    const { equals, in: groups, is } = head[variable]
    if (equals !== undefined) return [{ variable, drawer: 'equals', keys: [equals.key] }]
    if (groups !== undefined) {
      return [{ variable, drawer: 'in', keys: [...new Set(groups.map((group) => group.key))] }]
    }
    return is === undefined ? [] : [{ variable, drawer: 'is', keys: [is] }]
  })
}

/**
 * Finds the policies that a request may fit, without asking the others. Every policy lies in one drawer: that of the
 * part of its head which it shares with the fewest others.
 */
export class PolicyIndex<Item extends { found: number }> {
  readonly #drawers: Drawers<Bucket<Item>>
  /** Those whose heads fit every request. */
  readonly #anywhere: Bucket<Item>
  #search = 0

  /** `found` of an item is the index's own: it marks what was found already. */
  constructor(all: readonly Indexed<Item>[]) {
    const crowdOf = countCrowds(all)
    const anywhere: Indexed<Item>[] = []
    const drawers: Drawers<Indexed<Item>[]> = { principal: empty(), action: empty(), resource: empty() }
    for (const one of all) {
      const [best] = locationsOf(one.head).toSorted((a, b) => crowdOf(a) - crowdOf(b))
      if (best === undefined) anywhere.push(one)
      else for (const key of best.keys) put(drawers[best.variable][best.drawer], key, one)
    }
    this.#anywhere = new Bucket(anywhere)
    this.#drawers = {
      principal: filled(drawers.principal),
      action: filled(drawers.action),
      resource: filled(drawers.resource),
    }
  }

  /** Hands over every policy that may fit, once. */
  forEach(request: CedarRequest, take: (item: Item) => void): void {
    const search = ++this.#search
    const once = (item: Item): void => {
      if (item.found === search) return
      item.found = search
      take(item)
    }
    this.#anywhere.forEach(request, once)
    for (const variable of scopeVariables) {
      const { equals, in: below, is } = this.#drawers[variable]
      const ref = request[variable]
      if (equals.size > 0) equals.get(ref.key)?.forEach(request, once)
      if (is.size > 0) is.get(ref.type)?.forEach(request, once)
      if (below.size === 0) continue
      below.get(ref.key)?.forEach(request, once)
      const entity = request.entities.find(ref)
      if (entity === undefined) continue
      for (const ancestor of entity.ancestors()) below.get(ancestor.key)?.forEach(request, once)
    }
  }
}

/** How many lie where a policy would lie. */
function countCrowds(all: readonly Indexed<unknown>[]): (location: Location) => number {
  const counts = new Map<string, number>()
  const nameOf = (location: Location, key: string): string => `${location.variable} ${location.drawer} ${key}`
  for (const location of all.flatMap((one) => locationsOf(one.head))) {
    for (const key of location.keys) {
      counts.set(nameOf(location, key), (counts.get(nameOf(location, key)) ?? 0) + 1)
    }
  }
  return (location) => location.keys.reduce((sum, key) => sum + (counts.get(nameOf(location, key)) ?? 0), 0)
}

function empty<Content>(): { [D in Location['drawer']]: Drawer<Content> } {
  return { equals: new Map(), in: new Map(), is: new Map() }
}

function put<Item>(drawer: Drawer<Item[]>, key: string, item: Item): void {
  const items = drawer.get(key)
  if (items === undefined) drawer.set(key, [item])
  else items.push(item)
}

function filled<Item extends { found: number }>(
  drawers: Drawers<Indexed<Item>[]>[ScopeVariable],
): Drawers<Bucket<Item>>[ScopeVariable] {
  const fill = (drawer: Drawer<Indexed<Item>[]>): Drawer<Bucket<Item>> =>
    new Map([...drawer].map(([key, all]) => [key, new Bucket(all)]))
  return { equals: fill(drawers.equals), in: fill(drawers.in), is: fill(drawers.is) }
}
