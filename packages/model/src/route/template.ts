import { classOf, decodePercent, hasControl, REFUSED } from './percent.ts'
import type { Segment } from './segment.ts'

/** As long as the model lets an operation's path be. */
const MAX_TEMPLATE_CHARACTERS = 2048
const MAX_SEGMENTS = 128

/** A path template of OpenAPI, taken apart. */
export interface Template {
  readonly text: string
  readonly segments: readonly Segment[]
  /** In the order in which they stand. */
  readonly variables: readonly string[]
}

/** A template, or why a text is none. */
export type ParsedTemplate = { readonly template: Template } | { readonly reason: string }

/**
 * Reads a path template (OpenAPI 3.1 §4.8.8). A segment may hold several variables and literals, such as
 * `{id}.{format}` or `users('{id}')`; two variables need something between them, or nobody could tell where one ends.
 * Refused is whatever no request could match: see `normalizePath`.
 */
export function parseTemplate(path: string): ParsedTemplate {
  if (!path.startsWith('/')) return { reason: 'it does not begin with a slash' }
  if (path.length > MAX_TEMPLATE_CHARACTERS) {
    return { reason: `it has more than ${MAX_TEMPLATE_CHARACTERS} characters` }
  }
  const texts = splitSegments(path)
  if (texts.length > MAX_SEGMENTS) return { reason: `it has more than ${MAX_SEGMENTS} segments` }
  const segments: Segment[] = []
  for (const [index, text] of texts.entries()) {
    if (text === '' && index < texts.length - 1) return { reason: 'it has an empty segment (two slashes)' }
    const segment = parseSegment(text)
    if (typeof segment === 'string') return { reason: segment }
    segments.push(segment)
  }
  const variables = segments.flatMap((segment) => segment.variables)
  const repeated = variables.find((name, index) => variables.indexOf(name) !== index)
  if (repeated !== undefined) return { reason: `the variable {${repeated}} stands in it twice` }
  return { template: { text: path, segments, variables } }
}

/** At slashes outside of braces: a slash within them is the concern of the variable's name. */
function splitSegments(path: string): string[] {
  const segments: string[] = []
  let begin = 1
  let inBraces = false
  for (let i = 1; i < path.length; i++) {
    const character = path[i]
    if (character === '{') inBraces = true
    else if (character === '}') inBraces = false
    else if (character === '/' && !inBraces) {
      segments.push(path.slice(begin, i))
      begin = i + 1
    }
  }
  segments.push(path.slice(begin))
  return segments
}

/** The segment, or what is wrong with it. */
function parseSegment(text: string): Segment | string {
  const literals: string[] = []
  const variables: string[] = []
  let rest = text
  while (true) {
    const open = rest.indexOf('{')
    const raw = open < 0 ? rest : rest.slice(0, open)
    const literal = readLiteral(raw)
    if ('reason' in literal) return literal.reason
    if (open === 0 && variables.length > 0) return 'two variables stand together with nothing between them'
    literals.push(literal.text)
    if (open < 0) break
    const close = rest.indexOf('}', open)
    if (close < 0) return 'a "{" is not closed'
    const name = rest.slice(open + 1, close)
    if (name === '') return 'a variable has no name'
    if (/[{/?#\\]/.test(name) || hasControl(name)) return `"${name}" is no name for a variable`
    variables.push(name)
    rest = rest.slice(close + 1)
  }
  if (variables.length === 0 && (literals[0] === '.' || literals[0] === '..')) {
    return 'it has a dot segment, which no request can have'
  }
  return { literals, variables }
}

function readLiteral(raw: string): { readonly text: string } | { readonly reason: string } {
  for (let i = 0; i < raw.length; i++) {
    const code = raw.charCodeAt(i)
    const character = raw[i] as string
    if (character === '}') return { reason: 'a "}" was never opened' }
    if (character === '?') return { reason: 'it has a query ("?"); declare query parameters instead' }
    if (character === '#') return { reason: 'it has a fragment ("#"), which is never sent' }
    // A contract may spell letters beyond ASCII as they are; requests carry them percent-encoded.
    const isFine = code >= 128 || character === '%' || classOf(code) !== REFUSED
    if (!isFine) return { reason: `it has the character ${JSON.stringify(character)}` }
  }
  const text = decodePercent(raw)
  if (text === undefined) return { reason: 'its percent-encoding is malformed' }
  if (!text.isWellFormed()) return { reason: 'it is not well-formed Unicode' }
  if (hasControl(text) || text.includes('/') || text.includes('\\')) {
    return {
      reason: 'it has an encoded slash, backslash or control character, which are refused in requests',
    }
  }
  return { text }
}
