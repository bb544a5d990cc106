import { z } from '@portcullis/kernel/schema'
import type { BoundExpression } from '@portcullis/policy-kit/condition/bind-expression'
import type { ExpressionIn } from '@portcullis/policy-kit/condition/expression-in'
import type { Exchange } from '@portcullis/policy-kit/exchange'
import { expressionText } from './sharer.ts'

const MAX_UNITS = 1_000_000_000

export const units = () => z.int().min(1).max(MAX_UNITS)

/** The setting that says how many units a call takes. */
export const callCost = () =>
  z
    .union([units(), expressionText()])
    .default(1)
    .describe(
      'How many units one call takes: a number, or an expression such as if context.method == "GET" then 1 else 5.',
    )

export function expressionOfCost({ cost }: { readonly cost: number | string }): ExpressionIn[] {
  return typeof cost === 'string' ? [{ path: ['cost'], text: cost }] : []
}

/** What a call costs; `undefined` where that can't be told: what is no whole number from 0 up is no cost. */
export type CostOf = (x: Exchange) => number | undefined

export function costOf(cost: number | string, expression: (text: string) => BoundExpression): CostOf {
  if (typeof cost === 'number') return () => cost
  const ask = expression(cost)
  return (x) => {
    const value = ask(x)
    return typeof value === 'number' && value >= 0 && value <= MAX_UNITS ? value : undefined
  }
}
