/**
 * One segment of a path template: literal texts with variables between them, so that there is always one literal
 * more than there are variables. `reports-{id}.pdf` is `['reports-', '.pdf']` around `['id']`; a plain segment has one
 * literal and no variable; `{id}` alone is `['', '']` around `['id']`. Literals are percent-decoded.
 */
export interface Segment {
  readonly literals: readonly string[]
  readonly variables: readonly string[]
}

/** Stands for "one or more characters of which nothing is known". No literal can contain it: controls are refused. */
const ANYTHING = '\u0000'

export const prefixOf = (segment: Segment): string => segment.literals[0] ?? ''
export const suffixOf = (segment: Segment): string => segment.literals.at(-1) ?? ''
const middlesOf = (segment: Segment): readonly string[] => segment.literals.slice(1, -1)

/**
 * The values of the variables in a percent-decoded text, or `undefined` when it does not match. A variable has at
 * least one character and ends as early as the literal after it allows; the last one takes the rest. Each
 * literal is looked for from where the one before it ended, so the time is linear in the text.
 */
export function matchSegment(segment: Segment, text: string): string[] | undefined {
  const prefix = prefixOf(segment)
  if (segment.variables.length === 0) return text === prefix ? [] : undefined
  const suffix = suffixOf(segment)
  const end = text.length - suffix.length
  let from = prefix.length
  if (from >= end || !text.startsWith(prefix) || !text.endsWith(suffix)) return undefined
  const values: string[] = []
  for (let i = 1; i < segment.literals.length - 1; i++) {
    const literal = segment.literals[i] as string
    const at = text.indexOf(literal, from + 1)
    if (at < 0 || at + literal.length >= end) return undefined
    values.push(text.slice(from, at))
    from = at + literal.length
  }
  values.push(text.slice(from, end))
  return values
}

/** Whether everything that `inner` matches is matched by `outer` too. */
export function includes(outer: Segment, inner: Segment): boolean {
  // A variable of `inner` may hold anything, so only a variable of `outer` can take it up.
  return matchSegment(outer, inner.literals.join(ANYTHING)) !== undefined
}

/** A decoded text that both match, or `undefined` when there is none. */
export function commonText(a: Segment, b: Segment): string | undefined {
  if (a.variables.length === 0) return matchSegment(b, prefixOf(a)) && prefixOf(a)
  if (b.variables.length === 0) return matchSegment(a, prefixOf(b)) && prefixOf(b)
  const prefix = longerOf(prefixOf(a), prefixOf(b), (long, short) => long.startsWith(short))
  const suffix = longerOf(suffixOf(a), suffixOf(b), (long, short) => long.endsWith(short))
  if (prefix === undefined || suffix === undefined) return undefined
  // Whatever one demands in its middle, a variable of the other takes up.
  return [prefix, ...middlesOf(a), ...middlesOf(b), suffix].join('x')
}

function longerOf(
  a: string,
  b: string,
  covers: (long: string, short: string) => boolean,
): string | undefined {
  const [long, short] = a.length >= b.length ? [a, b] : [b, a]
  return covers(long, short) ? long : undefined
}

/** Orders patterns so that the more specific of two comparable ones comes first. */
export function bySpecificity(a: Segment, b: Segment): number {
  return (
    prefixOf(b).length - prefixOf(a).length ||
    suffixOf(b).length - suffixOf(a).length ||
    middlesOf(b).join('').length - middlesOf(a).join('').length
  )
}

/** Equal for segments that differ in nothing but the names of their variables. */
export function hierarchyOf(segment: Segment): string {
  return segment.literals.join(ANYTHING)
}
