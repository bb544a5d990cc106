import { readTokens, type Token } from './token.ts'

/** What is demanded of the scopes of a caller: `READ and (FIDO or OTP) and not QUARANTINED`. */
export type Expression =
  | { readonly kind: 'scope'; readonly name: string }
  | { readonly kind: 'not'; readonly of: Expression }
  | { readonly kind: 'and' | 'or'; readonly of: readonly Expression[] }

export type Reading = { readonly expression: Expression } | { readonly problem: string }

/** So deep may brackets and negations stand in each other. */
const MAX_DEPTH = 32

/**
 * Reads an expression in one pass. `not` binds closer than `and`, and that closer than `or`; the words are of any case. A
 * scope is written as it is, or in double quotes where its name has brackets or is one of the words: no scope has
 * a quote in its name (RFC 6749 §3.3).
 */
export function readExpression(text: string): Reading {
  const tokens = readTokens(text)
  if (typeof tokens === 'string') return { problem: tokens }
  try {
    return { expression: new Parser(tokens).all() }
  } catch (thrown) {
    if (thrown instanceof Unreadable) return { problem: thrown.message }
    throw thrown
  }
}

/** Every scope that an expression names. */
export function scopesIn(expression: Expression): Set<string> {
  if (expression.kind === 'scope') return new Set([expression.name])
  const inner = expression.kind === 'not' ? [expression.of] : expression.of
  return new Set(inner.flatMap((each) => [...scopesIn(each)]))
}

class Unreadable extends Error {}

class Parser {
  readonly #tokens: readonly Token[]
  #at = 0

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens
  }

  all(): Expression {
    const expression = this.#or(0)
    const rest = this.#tokens[this.#at]
    if (rest !== undefined) throw new Unreadable(`and, or, or the end is expected ${placeOf(rest)}`)
    return expression
  }

  #or(depth: number): Expression {
    return this.#chain('or', () => this.#chain('and', () => this.#single(depth)))
  }

  #chain(kind: 'and' | 'or', one: () => Expression): Expression {
    const of = [one()]
    while (this.#tokens[this.#at]?.kind === kind) {
      this.#at++
      of.push(one())
    }
    return of.length === 1 ? (of[0] as Expression) : { kind, of }
  }

  #single(depth: number): Expression {
    const token = this.#tokens[this.#at++]
    if (token === undefined) throw new Unreadable('a scope is expected at the end')
    if (depth > MAX_DEPTH) throw new Unreadable(`it is nested deeper than ${MAX_DEPTH}`)
    switch (token.kind) {
      case 'scope':
        return { kind: 'scope', name: token.name }
      case 'not':
        return { kind: 'not', of: this.#single(depth + 1) }
      case '(': {
        const inner = this.#or(depth + 1)
        const end = this.#tokens[this.#at++]
        if (end?.kind === ')') return inner
        throw new Unreadable(`the bracket ${placeOf(token)} is never closed`)
      }
      default:
        throw new Unreadable(`a scope is expected ${placeOf(token)}`)
    }
  }
}

function placeOf({ at }: Token): string {
  return `at character ${at + 1}`
}
