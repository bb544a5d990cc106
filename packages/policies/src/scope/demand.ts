import { type Expression, readExpression } from './expression.ts'

/** One way to satisfy an expression: all of these scopes, and none of those. */
export interface Term {
  readonly all: readonly string[]
  readonly none: readonly string[]
}

const MAX_TERMS = 64

export type DemandReading = { readonly terms: readonly Term[] } | { readonly problem: string }

/**
 * What an expression comes to: its ways, in the order in which they are written. That is the form in which it is
 * judged and told: each way is something that an app can ask for. One that nobody can satisfy is no expression.
 */
export function readDemand(text: string): DemandReading {
  const reading = readExpression(text)
  if ('problem' in reading) return reading
  const terms = termsOf(reading.expression, true)
  if (terms === undefined) return { problem: `it can be satisfied in more than ${MAX_TERMS} ways` }
  if (terms.length === 0) return { problem: 'nobody can satisfy it: it demands and forbids the same scope' }
  return { terms }
}

/** `undefined` above the limit. A negation changes places: not (a or b) is not a and not b. */
function termsOf(expression: Expression, isTrue: boolean): readonly Term[] | undefined {
  switch (expression.kind) {
    case 'scope':
      return [isTrue ? { all: [expression.name], none: [] } : { all: [], none: [expression.name] }]
    case 'not':
      return termsOf(expression.of, !isTrue)
    default:
      return (expression.kind === 'and') === isTrue
        ? product(expression.of, isTrue)
        : sum(expression.of, isTrue)
  }
}

function sum(of: readonly Expression[], isTrue: boolean): readonly Term[] | undefined {
  const terms: Term[] = []
  for (const each of of) {
    const more = termsOf(each, isTrue)
    if (more === undefined) return undefined
    for (const term of more) add(terms, term)
    if (terms.length > MAX_TERMS) return undefined
  }
  return terms
}

function product(of: readonly Expression[], isTrue: boolean): readonly Term[] | undefined {
  let terms: Term[] = [{ all: [], none: [] }]
  for (const each of of) {
    const more = termsOf(each, isTrue)
    if (more === undefined) return undefined
    const next: Term[] = []
    for (const a of terms) {
      for (const b of more) {
        const term = { all: union(a.all, b.all), none: union(a.none, b.none) }
        if (!term.all.some((name) => term.none.includes(name))) add(next, term)
      }
      if (next.length > MAX_TERMS) return undefined
    }
    terms = next
  }
  return terms
}

/** What demands more than a way that is there already says nothing new. */
function add(terms: Term[], term: Term): void {
  if (terms.some((each) => isWithin(each, term))) return
  const kept = terms.filter((each) => !isWithin(term, each))
  terms.splice(0, terms.length, ...kept, term)
}

function isWithin(one: Term, other: Term): boolean {
  return (
    one.all.every((name) => other.all.includes(name)) && one.none.every((name) => other.none.includes(name))
  )
}

function union(a: readonly string[], b: readonly string[]): readonly string[] {
  return [...new Set([...a, ...b])]
}

/** The way in that asks a caller for the least. */
export interface Lack {
  /** What must be there: all of it, so that it can be asked for as it stands. */
  readonly needed: readonly string[]
  readonly missing: readonly string[]
  readonly forbidden: readonly string[]
}

/** What a caller with these scopes has to change about them; nothing missing and nothing forbidden where all is well. */
export function leastLack(terms: readonly Term[], held: ReadonlySet<string>): Lack {
  const lacks = terms.map(({ all, none }) => ({
    needed: all,
    missing: all.filter((name) => !held.has(name)),
    forbidden: none.filter((name) => held.has(name)),
  }))
  return lacks.reduce((least, each) => (weightOf(each) < weightOf(least) ? each : least))
}

export function isNothing({ missing, forbidden }: Lack): boolean {
  return missing.length + forbidden.length === 0
}

/** Nobody gets rid of a scope as easily as they ask for one. */
function weightOf({ missing, forbidden }: Lack): number {
  return forbidden.length * 1_000 + missing.length
}
