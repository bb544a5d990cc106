import { type Method, methods } from '../contract.ts'
import { decodePercent } from './percent.ts'
import { bySpecificity, matchSegment, prefixOf, type Segment, suffixOf } from './segment.ts'
import { parseTemplate, type Template } from './template.ts'

export interface Route<T> {
  readonly method: Method
  readonly template: string
  readonly value: T
}

export interface RouteMatch<T> {
  readonly value: T
  /** Values of the template's variables, percent-decoded; inherits no names. */
  readonly parameters: Readonly<Record<string, string>>
}

/** Leads a method and a path to a route. Paths are what `normalizePath` made of a request's. */
export interface Router<T> {
  /**
   * The most specific route of the method whose template matches; HEAD falls back to GET (RFC 9110 §9.3.2). Never
   * throws; a path that is not in normal form may find nothing.
   */
  match(method: Method, path: string): RouteMatch<T> | undefined
  /** Every method that `match` would find something for, for `Allow` (RFC 9110 §10.2.1). */
  methodsAt(path: string): Method[]
}

/**
 * How many nodes of the tree one look-up may visit. Real contracts need a few per segment; only one that was built to
 * make every branch a dead end needs more, and then finds nothing.
 */
const MAX_VISITS = 2000

interface Leaf<T> {
  readonly method: Method
  readonly value: T
  readonly variables: readonly string[]
  /** That of another method. */
  readonly next: Leaf<T> | undefined
}

/**
 * Of a hundred thousand nodes most have one way on or none: what they lack takes no memory. What costs a look-up time
 * among so many is how many objects it has to touch, so the usual ones hang directly at their node.
 */
interface Node<T> {
  literals: Map<string, Node<T>> | undefined
  /** The most specific first. */
  patterns: PatternGroup<T>[] | undefined
  /** Behind a segment that is nothing but a variable, as nearly all patterns are: the least specific. */
  variable: Node<T> | undefined
  /** For templates that end with such a segment. Of each method at most one. */
  variableLeaf: Leaf<T> | undefined
  /** For templates that end here. Of each method at most one. */
  leaf: Leaf<T> | undefined
}

/** Patterns whose first and last literals have the same lengths: one look-up leads to those that can match. */
interface PatternGroup<T> {
  readonly prefixLength: number
  readonly suffixLength: number
  /** `undefined` where there are no ends to look up: then all are in `edges`. */
  readonly byEnds: Map<string, Edge<T>[]> | undefined
  readonly edges: Edge<T>[]
}

interface Edge<T> {
  readonly segment: Segment
  readonly node: Node<T>
}

interface Search {
  readonly method: Method
  readonly texts: readonly string[]
  readonly values: string[]
  visits: number
}

/**
 * Builds a tree by segment: literals in a map, patterns by their ends. What a look-up costs depends on the path and on
 * how many templates begin like it, not on how many there are. Where templates overlap, literals come before
 * variables, segment by segment; `findAmbiguities` finds those for which that is not enough.
 *
 * Throws a `RangeError` for a template that `parseTemplate` refuses.
 */
export function buildRouter<T>(routes: readonly Route<T>[]): Router<T> {
  const router = openRouter<T>()
  for (const route of routes) router.add(route)
  return router
}

/** A router that is still to be filled, for those who must not do it all in one go. */
export interface GrowingRouter<T> extends Router<T> {
  /** Throws a `RangeError` for a template that `parseTemplate` refuses. */
  add(route: Route<T>): void
}

export function openRouter<T>(): GrowingRouter<T> {
  const root = emptyNode<T>()
  const namesOf = nameSharer()
  const match = (method: Method, path: string): RouteMatch<T> | undefined => {
    const leaf = search(root, method, path)
    if (leaf === undefined || !path.includes(';')) return leaf?.match
    // Some servers route without path parameters (RFC 3986 §3.3): `/admin;x` must not pass as `/{page}`.
    const plain = search(root, method, withoutPathParameters(path))
    return plain === undefined || plain.leaf === leaf.leaf ? leaf.match : undefined
  }
  return {
    add: (route) => insert(root, templateOf(route.template), route, namesOf),
    match,
    methodsAt: (path) => methods.filter((method) => match(method, path) !== undefined),
  }
}

export function templateOf(text: string): Template {
  const parsed = parseTemplate(text)
  if ('reason' in parsed) throw new RangeError(`"${text}" is no path template: ${parsed.reason}`)
  return parsed.template
}

function emptyNode<T>(): Node<T> {
  return {
    literals: undefined,
    patterns: undefined,
    variable: undefined,
    variableLeaf: undefined,
    leaf: undefined,
  }
}

/** One list for all templates with the same variables. */
function nameSharer(): (names: readonly string[]) => readonly string[] {
  const known = new Map<string, readonly string[]>()
  return (names) => {
    const text = JSON.stringify(names)
    const found = known.get(text) ?? names
    known.set(text, found)
    return found
  }
}

function insert<T>(
  root: Node<T>,
  template: Template,
  { method, value }: Route<T>,
  namesOf: (names: readonly string[]) => readonly string[],
): void {
  const before = template.segments.slice(0, -1)
  const last = template.segments.at(-1)
  const parent = before.reduce(childOf, root)
  const isAtParent = last !== undefined && isVariable(last)
  const node = last === undefined || isAtParent ? parent : childOf(parent, last)
  const others = isAtParent ? node.variableLeaf : node.leaf
  if (leafOf(others, method) !== undefined) return
  const leaf = { method, value, variables: namesOf(template.variables), next: others }
  if (isAtParent) node.variableLeaf = leaf
  else node.leaf = leaf
}

function childOf<T>(node: Node<T>, segment: Segment): Node<T> {
  return segment.variables.length === 0 ? literalChild(node, prefixOf(segment)) : patternChild(node, segment)
}

function isVariable({ literals, variables }: Segment): boolean {
  return variables.length === 1 && literals.every((literal) => literal === '')
}

function literalChild<T>(node: Node<T>, text: string): Node<T> {
  node.literals ??= new Map()
  const known = node.literals.get(text)
  if (known !== undefined) return known
  const child = emptyNode<T>()
  node.literals.set(text, child)
  return child
}

function patternChild<T>(node: Node<T>, segment: Segment): Node<T> {
  if (isVariable(segment)) {
    node.variable ??= emptyNode()
    return node.variable
  }
  const edges = edgesOf(node, segment)
  const known = edges.find((edge) => edge.segment.literals.join('\0') === segment.literals.join('\0'))
  if (known !== undefined) return known.node
  const edge = { segment, node: emptyNode<T>() }
  edges.push(edge)
  edges.sort((a, b) => bySpecificity(a.segment, b.segment))
  return edge.node
}

function edgesOf<T>(node: Node<T>, segment: Segment): Edge<T>[] {
  const { byEnds, edges } = groupOf(node, prefixOf(segment).length, suffixOf(segment).length)
  if (byEnds === undefined) return edges
  const ends = endsKey(prefixOf(segment), suffixOf(segment))
  const known = byEnds.get(ends) ?? []
  byEnds.set(ends, known)
  return known
}

function groupOf<T>(node: Node<T>, prefixLength: number, suffixLength: number): PatternGroup<T> {
  node.patterns ??= []
  const known = node.patterns.find(
    (each) => each.prefixLength === prefixLength && each.suffixLength === suffixLength,
  )
  if (known !== undefined) return known
  // A variable that is a whole segment, as nearly all are, has no ends.
  const byEnds = prefixLength + suffixLength === 0 ? undefined : new Map<string, Edge<T>[]>()
  const group = { prefixLength, suffixLength, byEnds, edges: [] }
  node.patterns.push(group)
  node.patterns.sort((a, b) => b.prefixLength - a.prefixLength || b.suffixLength - a.suffixLength)
  return group
}

/** A control separates the ends: no literal has one. */
const endsKey = (prefix: string, suffix: string): string => `${prefix}\0${suffix}`
const NONE: readonly never[] = []

function search<T>(
  root: Node<T>,
  method: Method,
  path: string,
): { readonly leaf: Leaf<T>; readonly match: RouteMatch<T> } | undefined {
  const texts = decodeSegments(path)
  if (texts === undefined) return undefined
  const state: Search = { method, texts, values: [], visits: 0 }
  const leaf = walk(root, 0, state)
  if (leaf === undefined) return undefined
  return { leaf, match: { value: leaf.value, parameters: parametersOf(leaf.variables, state.values) } }
}

/** Inherits no names: a variable may be called `constructor`. `Object.create(null)` makes a hash table, which is dear. */
class Parameters {
  readonly [name: string]: string

  static {
    Object.setPrototypeOf(Parameters.prototype, null)
    Reflect.deleteProperty(Parameters.prototype, 'constructor')
  }
}

const NO_PARAMETERS: Parameters = Object.freeze(new Parameters())

function parametersOf(names: readonly string[], values: readonly string[]): Parameters {
  if (names.length === 0) return NO_PARAMETERS
  const parameters: Record<string, string> = new Parameters()
  for (let i = 0; i < names.length; i++) parameters[names[i] as string] = values[i] as string
  return parameters
}

/**
 * Literals are compared with what the path means once decoded, as a backend does: `%27` is `'` to it.
 */
function decodeSegments(path: string): string[] | undefined {
  if (!path.startsWith('/')) return undefined
  const texts: string[] = []
  let begin = 1
  for (let end = path.indexOf('/', 1); end >= 0; end = path.indexOf('/', begin)) {
    texts.push(path.slice(begin, end))
    begin = end + 1
  }
  texts.push(path.slice(begin))
  if (!path.includes('%')) return texts
  const decoded = texts.map(decodePercent)
  return decoded.some((text) => text === undefined) ? undefined : (decoded as string[])
}

/** Follows the most specific branch first and comes back where it is a dead end. */
function walk<T>(node: Node<T>, depth: number, state: Search): Leaf<T> | undefined {
  if (++state.visits > MAX_VISITS) return undefined
  if (depth === state.texts.length) return leafFor(node.leaf, state.method)
  const text = state.texts[depth] as string
  const literal = node.literals?.get(text)
  const found =
    (literal && walk(literal, depth + 1, state)) ??
    (node.patterns && walkPatterns(node.patterns, text, depth, state))
  return found ?? (text === '' ? undefined : walkVariable(node, text, depth, state))
}

function leafOf<T>(leaves: Leaf<T> | undefined, method: Method): Leaf<T> | undefined {
  let leaf = leaves
  while (leaf !== undefined && leaf.method !== method) leaf = leaf.next
  return leaf
}

/** RFC 9110 §9.3.2: what answers GET answers HEAD. */
function leafFor<T>(leaves: Leaf<T> | undefined, method: Method): Leaf<T> | undefined {
  return leafOf(leaves, method) ?? (method === 'HEAD' ? leafOf(leaves, 'GET') : undefined)
}

function walkVariable<T>(node: Node<T>, text: string, depth: number, state: Search): Leaf<T> | undefined {
  const isLast = depth + 1 === state.texts.length
  if (isLast ? node.variableLeaf === undefined : node.variable === undefined) return undefined
  state.values.push(text)
  const found = isLast
    ? leafFor(node.variableLeaf, state.method)
    : node.variable && walk(node.variable, depth + 1, state)
  if (found === undefined) state.values.pop()
  return found
}

function walkPatterns<T>(
  patterns: readonly PatternGroup<T>[],
  text: string,
  depth: number,
  state: Search,
): Leaf<T> | undefined {
  for (const group of patterns) {
    if (text.length <= group.prefixLength + group.suffixLength) continue
    for (const edge of edgesFor(group, text)) {
      const values = matchSegment(edge.segment, text)
      if (values === undefined) continue
      const before = state.values.length
      state.values.push(...values)
      const found = walk(edge.node, depth + 1, state)
      if (found !== undefined) return found
      state.values.length = before
    }
  }
  return undefined
}

function edgesFor<T>({ byEnds, edges, prefixLength, suffixLength }: PatternGroup<T>, text: string) {
  if (byEnds === undefined) return edges
  return byEnds.get(endsKey(text.slice(0, prefixLength), text.slice(text.length - suffixLength))) ?? NONE
}

function withoutPathParameters(path: string): string {
  return path
    .split('/')
    .map((segment) => segment.split(';', 1)[0])
    .join('/')
}
