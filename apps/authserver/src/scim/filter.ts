import { scimErrors } from './scim-error.ts'

/** A filter (RFC 7644 §3.4.2.2). Names are in lower case. */
export type Filter =
  | { readonly is: 'and' | 'or'; readonly of: readonly [Filter, Filter] }
  | { readonly is: 'not'; readonly of: Filter }
  | { readonly is: 'present'; readonly path: Path }
  | { readonly is: 'compare'; readonly path: Path; readonly operator: Operator; readonly value: Comparable }
  /** One value of the attribute fits all of it. */
  | { readonly is: 'some'; readonly attribute: string; readonly of: Filter }

/** An attribute, and perhaps one of its own. */
export interface Path {
  readonly attribute: string
  readonly sub?: string
}

export type Comparable = string | number | boolean | null
const operators = ['eq', 'ne', 'co', 'sw', 'ew', 'gt', 'ge', 'lt', 'le'] as const
export type Operator = (typeof operators)[number]

const MAX_CHARACTERS = 1024
const MAX_TOKENS = 200
const MAX_DEPTH = 10
const CORE = /^urn:ietf:params:scim:schemas:core:2\.0:(?:user|group):/i

/** Reads a filter. Throws `invalidFilter` for what is none, or is above the limits of length and depth. */
export function readFilter(text: string): Filter {
  const reader = new FilterReader(tokensOf(text))
  const filter = reader.either(0)
  reader.end()
  return filter
}

/** A path of a PATCH (RFC 7644 §3.5.2): an attribute, perhaps those of its values that fit, perhaps an attribute of these. */
export interface PatchPath extends Path {
  readonly where?: Filter
}

export function readPatchPath(text: string): PatchPath {
  const reader = new FilterReader(tokensOf(text))
  const path = reader.patchPath()
  reader.end()
  return path
}

/** Words, texts, brackets, and whether nothing stood between a bracket and what comes before it. */
type Token = { readonly word: string } | { readonly text: string } | { readonly sign: '(' | ')' | '[' | ']' }

function tokensOf(text: string): Token[] {
  if (text.length > MAX_CHARACTERS)
    throw scimErrors.filter(`A filter has at most ${MAX_CHARACTERS} characters.`)
  const tokens: Token[] = []
  let at = 0
  while (at < text.length) {
    const character = text[at] as string
    if (character === ' ') {
      at++
      continue
    }
    if (tokens.length >= MAX_TOKENS) throw scimErrors.filter(`A filter has at most ${MAX_TOKENS} words.`)
    if (character === '(' || character === ')' || character === '[' || character === ']') {
      tokens.push({ sign: character })
      at++
    } else if (character === '"') {
      const end = endOfText(text, at)
      tokens.push({ text: readText(text.slice(at, end)) })
      at = end
    } else {
      let end = at
      while (end < text.length && !' ()[]"'.includes(text[end] as string)) end++
      tokens.push({ word: text.slice(at, end) })
      at = end
    }
  }
  return tokens
}

function endOfText(text: string, start: number): number {
  for (let i = start + 1; i < text.length; i++) {
    if (text[i] === '\\') i++
    else if (text[i] === '"') return i + 1
  }
  throw scimErrors.filter('A text has no end.')
}

/** Texts are written as in JSON. */
function readText(quoted: string): string {
  try {
    return JSON.parse(quoted) as string
  } catch {
    throw scimErrors.filter('A text is not written as in JSON.')
  }
}

class FilterReader {
  readonly #tokens: readonly Token[]
  #at = 0

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens
  }

  end(): void {
    if (this.#at < this.#tokens.length) throw scimErrors.filter('There is something behind its end.')
  }

  either(depth: number): Filter {
    let left = this.#both(depth)
    while (this.#takeWord('or')) left = { is: 'or', of: [left, this.#both(depth)] }
    return left
  }

  patchPath(): PatchPath {
    const path = this.#path()
    if (path.sub !== undefined || !this.#takeSign('[')) return path
    const where = this.either(1)
    if (!this.#takeSign(']')) throw scimErrors.path('A bracket is not closed.')
    const rest = this.#word()
    if (rest === undefined) return { ...path, where }
    if (!/^\.[A-Za-z$][\w$-]*$/.test(rest))
      throw scimErrors.path('There is something odd behind the bracket.')
    this.#at++
    return { ...path, where, sub: rest.slice(1).toLowerCase() }
  }

  #both(depth: number): Filter {
    let left = this.#one(depth)
    while (this.#takeWord('and')) left = { is: 'and', of: [left, this.#one(depth)] }
    return left
  }

  #one(depth: number): Filter {
    if (depth > MAX_DEPTH) throw scimErrors.filter(`A filter is at most ${MAX_DEPTH} levels deep.`)
    if (this.#takeWord('not')) {
      if (!this.#takeSign('(')) throw scimErrors.filter('Behind "not" comes a parenthesis.')
      return { is: 'not', of: this.#closed(depth, ')') }
    }
    if (this.#takeSign('(')) return this.#closed(depth, ')')
    const path = this.#path()
    if (path.sub === undefined && this.#takeSign('['))
      return { is: 'some', attribute: path.attribute, of: this.#closed(depth, ']') }
    const operator = this.#word()?.toLowerCase()
    this.#at++
    if (operator === 'pr') return { is: 'present', path }
    const known = operators.find((each) => each === operator)
    if (known === undefined) throw scimErrors.filter(`"${operator ?? ''}" is no operator.`)
    return { is: 'compare', path, operator: known, value: this.#value() }
  }

  #closed(depth: number, sign: ')' | ']'): Filter {
    const filter = this.either(depth + 1)
    if (!this.#takeSign(sign)) throw scimErrors.filter('A bracket is not closed.')
    return filter
  }

  #path(): Path {
    const word = this.#word()?.replace(CORE, '')
    const [attribute = '', sub, ...more] = word?.startsWith('urn:') ? [word] : (word ?? '').split('.')
    const isName = (text: string): boolean => /^[A-Za-z$][\w$-]*$/.test(text)
    if (
      !(isName(attribute) || attribute.startsWith('urn:')) ||
      more.length > 0 ||
      (sub !== undefined && !isName(sub))
    )
      throw scimErrors.filter(`"${(word ?? '').slice(0, 60)}" is no attribute.`)
    this.#at++
    return { attribute: attribute.toLowerCase(), ...(sub !== undefined && { sub: sub.toLowerCase() }) }
  }

  #value(): Comparable {
    const token = this.#tokens[this.#at++]
    if (token !== undefined && 'text' in token) return token.text
    const word = token !== undefined && 'word' in token ? token.word : ''
    const literals: Readonly<Record<string, Comparable>> = { true: true, false: false, null: null }
    if (Object.hasOwn(literals, word)) return literals[word] as Comparable
    if (/^-?\d{1,15}(\.\d{1,10})?$/.test(word)) return Number(word)
    throw scimErrors.filter(`"${word.slice(0, 60)}" is no value.`)
  }

  #word(): string | undefined {
    const token = this.#tokens[this.#at]
    return token !== undefined && 'word' in token ? token.word : undefined
  }

  #takeWord(word: string): boolean {
    if (this.#word()?.toLowerCase() !== word) return false
    this.#at++
    return true
  }

  #takeSign(sign: '(' | ')' | '[' | ']'): boolean {
    const token = this.#tokens[this.#at]
    if (token === undefined || !('sign' in token) || token.sign !== sign) return false
    this.#at++
    return true
  }
}
