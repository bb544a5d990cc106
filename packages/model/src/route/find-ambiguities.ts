import type { Method } from '../contract.ts'
import { templateOf } from './router.ts'
import { commonText, hierarchyOf, includes, type Segment } from './segment.ts'
import type { Template } from './template.ts'

export interface RouteTemplate {
  readonly method: Method
  readonly template: string
}

/**
 * `duplicate`: the same method and template twice. `renamed`: templates that differ in nothing but the names of their
 * variables, whatever their methods; "they are identical" and must not exist (OpenAPI 3.1 §4.8.8.2). `overlap`: two
 * templates of one method match the same path and neither is the more specific, so that a gateway and a backend
 * may disagree about which operation a path means.
 */
export interface Ambiguity<R extends RouteTemplate = RouteTemplate> {
  readonly kind: 'duplicate' | 'renamed' | 'overlap'
  readonly first: R
  readonly second: R
  /** A path that both match, percent-decoded. */
  readonly example: string
}

interface Parsed<R> {
  readonly route: R
  readonly template: Template
  readonly hierarchy: string
}

/** More than anybody would mend one by one. */
const MAX_AMBIGUITIES = 200

/**
 * What a contract may not contain, at most 200 findings. Templates are compared in pairs only where method and number
 * of segments are equal and the first literals agree: 2,000 operations take well under a second.
 *
 * Throws a `RangeError` for a template that `parseTemplate` refuses.
 */
export function findAmbiguities<R extends RouteTemplate>(routes: readonly R[]): Ambiguity<R>[] {
  const parsed = routes.map((route) => {
    const template = templateOf(route.template)
    return { route, template, hierarchy: template.segments.map(hierarchyOf).join('/') }
  })
  const found: Ambiguity<R>[] = []
  const distinct = findSame(parsed, found)
  for (const group of groupsOf(distinct)) findOverlaps(group, found)
  return found.slice(0, MAX_AMBIGUITIES)
}

/** Reports duplicates and renamed variables; gives back one route for each method and hierarchy. */
function findSame<R extends RouteTemplate>(parsed: readonly Parsed<R>[], found: Ambiguity<R>[]): Parsed<R>[] {
  const byHierarchy = new Map<string, Parsed<R>>()
  const byMethod = new Map<string, Parsed<R>>()
  const renamed = new Set<string>()
  for (const each of parsed) {
    const key = `${each.route.method} ${each.hierarchy}`
    const same = byMethod.get(key)
    const first = byHierarchy.get(each.hierarchy)
    if (same !== undefined && sameNames(same, each)) found.push(ambiguity('duplicate', same, each))
    else if (first !== undefined && !sameNames(first, each) && !renamed.has(each.route.template)) {
      renamed.add(each.route.template)
      found.push(ambiguity('renamed', first, each))
    }
    if (same === undefined) byMethod.set(key, each)
    if (first === undefined) byHierarchy.set(each.hierarchy, each)
  }
  return [...byMethod.values()]
}

function sameNames<R>(a: Parsed<R>, b: Parsed<R>): boolean {
  return a.template.variables.every((name, i) => name === b.template.variables[i])
}

/** Routes that one method can choose between, and that have as many segments. */
function groupsOf<R extends RouteTemplate>(parsed: readonly Parsed<R>[]): Parsed<R>[][] {
  const groups = Map.groupBy(parsed, (each) => `${each.route.method} ${each.template.segments.length}`)
  // HEAD falls back to GET, so it chooses between the templates of both.
  for (const [key, group] of groups) {
    if (!key.startsWith('HEAD ')) continue
    const own = new Set(group.map((each) => each.hierarchy))
    const gets = groups.get(key.replace('HEAD', 'GET')) ?? []
    groups.set(key, [...group, ...gets.filter((each) => !own.has(each.hierarchy))])
  }
  return [...groups.values()]
}

function findOverlaps<R extends RouteTemplate>(group: readonly Parsed<R>[], found: Ambiguity<R>[]): void {
  const known = new Set(found.map((each) => `${each.first.template} ${each.second.template}`))
  for (const [i, a] of group.entries()) {
    for (let j = i + 1; j < group.length; j++) {
      const b = group[j] as Parsed<R>
      if (!overlap(a.template, b.template) || isOrdered(a.template, b.template)) continue
      if (known.has(`${a.route.template} ${b.route.template}`)) continue
      found.push(ambiguity('overlap', a, b))
      if (found.length >= MAX_AMBIGUITIES) return
    }
  }
}

function overlap(a: Template, b: Template): boolean {
  // Most pairs differ in a literal: the cheap question first.
  if (a.segments.some((segment, i) => areDifferentLiterals(segment, b.segments[i] as Segment))) return false
  return a.segments.every((segment, i) => commonText(segment, b.segments[i] as Segment) !== undefined)
}

function areDifferentLiterals(a: Segment, b: Segment): boolean {
  return a.variables.length === 0 && b.variables.length === 0 && a.literals[0] !== b.literals[0]
}

/** Whether one of the two matches only paths that the other matches too. */
function isOrdered(a: Template, b: Template): boolean {
  return isWithin(a, b) !== isWithin(b, a)
}

function isWithin(inner: Template, outer: Template): boolean {
  return inner.segments.every((segment, i) => includes(outer.segments[i] as Segment, segment))
}

function ambiguity<R extends RouteTemplate>(
  kind: Ambiguity['kind'],
  first: Parsed<R>,
  second: Parsed<R>,
): Ambiguity<R> {
  const texts = first.template.segments.map((segment, i) =>
    commonText(segment, second.template.segments[i] as Segment),
  )
  return { kind, first: first.route, second: second.route, example: `/${texts.join('/')}` }
}
