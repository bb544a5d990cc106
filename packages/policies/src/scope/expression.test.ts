import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isNothing, leastLack, readDemand } from './demand.ts'
import { type Expression, readExpression } from './expression.ts'

function read(text: string): Expression {
  const reading = readExpression(text)
  if ('problem' in reading) throw new RangeError(reading.problem)
  return reading.expression
}

function problemOf(text: string): string | undefined {
  const reading = readDemand(text)
  return 'problem' in reading ? reading.problem : undefined
}

const scope = (name: string): Expression => ({ kind: 'scope', name })

describe('an expression over scopes', () => {
  it('binds not closer than and, and that closer than or', () => {
    expect(read('a or not b and c')).toEqual({
      kind: 'or',
      of: [scope('a'), { kind: 'and', of: [{ kind: 'not', of: scope('b') }, scope('c')] }],
    })
  })

  it('knows its words in any case, and scopes in theirs', () => {
    expect(read('READ AND (Fido Or oTP) and NOT read')).toEqual({
      kind: 'and',
      of: [
        scope('READ'),
        { kind: 'or', of: [scope('Fido'), scope('oTP')] },
        { kind: 'not', of: scope('read') },
      ],
    })
  })

  it('takes a name in quotes for a scope, whatever it is', () => {
    expect(read('"not" and "a(b)" and https://api.example/read:items')).toEqual({
      kind: 'and',
      of: [scope('not'), scope('a(b)'), scope('https://api.example/read:items')],
    })
  })

  it.each([
    ['', 'a scope is expected at the end'],
    ['a b', 'and, or, or the end is expected at character 3'],
    ['a and', 'a scope is expected at the end'],
    ['and a', 'a scope is expected at character 1'],
    ['a or or b', 'a scope is expected at character 6'],
    ['(a', 'the bracket at character 1 is never closed'],
    ['a)', 'and, or, or the end is expected at character 2'],
    ['()', 'a scope is expected at character 2'],
    ['not', 'a scope is expected at the end'],
    ['"a', 'the quote at character 1 is never closed'],
    ['""', 'no scope has the name that is at character 1 (RFC 6749 §3.3)'],
    ['lire_été', 'no scope has the name that is at character 1 (RFC 6749 §3.3)'],
    ['a\\b', 'no scope has the name that is at character 1 (RFC 6749 §3.3)'],
    [`${'('.repeat(33)}a${')'.repeat(33)}`, 'it is nested deeper than 32'],
    [`${'not '.repeat(33)}a`, 'it is nested deeper than 32'],
    ['a and not a', 'nobody can satisfy it: it demands and forbids the same scope'],
    ['(a or b) and not a and not b', 'nobody can satisfy it: it demands and forbids the same scope'],
    [
      Array.from({ length: 7 }, (_, i) => `(a${i} or b${i})`).join(' and '),
      'it can be satisfied in more than 64 ways',
    ],
  ])('is refused: %s', (text, problem) => {
    expect(problemOf(text)).toBe(problem)
  })

  it('may be as deep as its limit', () => {
    expect(problemOf(`${'('.repeat(31)}not a${')'.repeat(31)}`)).toBeUndefined()
  })
})

/** An independent reading: the expression itself, asked of a set. */
function holds(expression: Expression, held: ReadonlySet<string>): boolean {
  switch (expression.kind) {
    case 'scope':
      return held.has(expression.name)
    case 'not':
      return !holds(expression.of, held)
    case 'and':
      return expression.of.every((each) => holds(each, held))
    case 'or':
      return expression.of.some((each) => holds(each, held))
  }
}

const names = ['a', 'b', 'c', 'd']
const { expressions } = fc.letrec<{ expressions: string }>((tie) => ({
  expressions: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom(...names),
    tie('expressions').map((inner) => `not (${inner})`),
    fc
      .tuple(
        fc.constantFrom('and', 'or'),
        fc.array(
          tie('expressions').map((inner) => `(${inner})`),
          { minLength: 2, maxLength: 3 },
        ),
      )
      .map(([word, of]) => of.join(` ${word} `)),
  ),
}))

describe('what an expression comes to', () => {
  it('is satisfied exactly where the expression holds, and what would do does', () => {
    fc.assert(
      fc.property(expressions, fc.subarray(names), (text, some) => {
        const expression = readExpression(text)
        if ('problem' in expression) return
        const demand = readDemand(text)
        const every = subsets(names).filter((each) => holds(expression.expression, each))
        if ('problem' in demand) {
          expect(every).toEqual([])
          return
        }
        const held = new Set(some)
        const lack = leastLack(demand.terms, held)
        expect(isNothing(lack)).toBe(holds(expression.expression, held))
        expect(holds(expression.expression, new Set(lack.needed))).toBe(true)
      }),
      { numRuns: 2000 },
    )
  })

  it('asks for the way that lacks least, and rather for another scope than for fewer', () => {
    const { terms } = readDemand('(a and b and c) or (d and not e)') as { terms: [] }
    expect(leastLack(terms, new Set(['a', 'b']))).toMatchObject({ needed: ['a', 'b', 'c'], missing: ['c'] })
    expect(leastLack(terms, new Set(['a', 'd', 'e']))).toMatchObject({ missing: ['b', 'c'], forbidden: [] })
    expect(leastLack(terms, new Set())).toMatchObject({ needed: ['d'] })
  })

  it('is found in bounded time, however long the expression', () => {
    const long = Array.from({ length: 6 }, (_, i) => `(a${i} or b${i})`).join(' and ')
    const longest = `${long} and ${Array.from({ length: 200 }, (_, i) => `c${i % 6}`).join(' and ')}`
    expect(problemOf(longest)).toBeUndefined()
  }, 2_000)
})

function subsets(of: readonly string[]): ReadonlySet<string>[] {
  return Array.from({ length: 2 ** of.length }, (_, bits) => new Set(of.filter((__, i) => bits & (1 << i))))
}
