import { EvaluationError } from '../evaluation-error.ts'
import { addLongs, type Long, multiplyLongs, negateLong, subtractLongs } from '../long.ts'
import type { CedarValue } from '../value.ts'
import { fold, testing } from './code.ts'
import { expecting } from './expect.ts'
import { type CompileNode, membersOf } from './node.ts'

function compileArithmetic(operator: string, calculate: (a: Long, b: Long) => Long | undefined): CompileNode {
  const asLong = expecting('long', operator)
  const overflow = new EvaluationError(`${operator}: the result does not fit into 64 bits`)
  return (content, compile) => {
    const parts = membersOf(content, operator, ['left', 'right'])
    const [left, right] = [compile(parts.left), compile(parts.right)]
    const run = (request: Parameters<typeof left.run>[0]): CedarValue => {
      const result = calculate(asLong(left.run(request)), asLong(right.run(request)))
      if (result === undefined) throw overflow
      return result
    }
    return fold([left, right], { run })
  }
}

const compileNegation: CompileNode = (content, compile) => {
  const asLong = expecting('long', '-')
  const overflow = new EvaluationError('-: the result does not fit into 64 bits')
  const part = compile(membersOf(content, 'neg', ['arg']).arg)
  return fold([part], {
    run: (request) => {
      const result = negateLong(asLong(part.run(request)))
      if (result === undefined) throw overflow
      return result
    },
  })
}

/** What is compared by size: Longs, and of the extension types the two of time (RFC 80 of Cedar). */
function sizeOf(value: CedarValue): Long | undefined {
  if (typeof value === 'number' || typeof value === 'bigint') return value
  if (typeof value !== 'object') return undefined
  return value.kind === 'datetime' || value.kind === 'duration' ? value.milliseconds : undefined
}

function compileComparison(operator: string, holds: (a: Long, b: Long) => boolean): CompileNode {
  const error = new EvaluationError(`${operator}: expected two Longs, two datetimes or two durations`)
  return (content, compile) => {
    const parts = membersOf(content, operator, ['left', 'right'])
    const [left, right] = [compile(parts.left), compile(parts.right)]
    const test = (request: Parameters<typeof left.run>[0]): boolean => {
      const a = left.run(request)
      const b = right.run(request)
      if (typeof a === 'number' && typeof b === 'number') return holds(a, b)
      const [sizeA, sizeB] = [sizeOf(a), sizeOf(b)]
      if (sizeA === undefined || sizeB === undefined || kindOfSize(a) !== kindOfSize(b)) throw error
      return holds(sizeA, sizeB)
    }
    return fold([left, right], testing(test))
  }
}

function kindOfSize(value: CedarValue): string {
  return typeof value === 'object' ? value.kind : 'long'
}

export const arithmeticNodes: { readonly [key: string]: CompileNode } = {
  '+': compileArithmetic('+', addLongs),
  '-': compileArithmetic('-', subtractLongs),
  '*': compileArithmetic('*', multiplyLongs),
  neg: compileNegation,
  '<': compileComparison('<', (a, b) => a < b),
  '<=': compileComparison('<=', (a, b) => a <= b),
  '>': compileComparison('>', (a, b) => a > b),
  '>=': compileComparison('>=', (a, b) => a >= b),
}
