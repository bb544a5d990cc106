import { compileExpression } from '@portcullis/cedar/compile/expression'
import { EvaluationError } from '@portcullis/cedar/evaluation-error'
import type { CedarValue } from '@portcullis/cedar/value'
import type { Condition } from '@portcullis/model/attachment'
import type { Exchange } from '../exchange.ts'
import { callRequest } from './call-context.ts'

/** What an expression comes to for a call; `undefined` where the call leaves it without an answer. */
export type BoundExpression = (x: Exchange) => CedarValue | undefined

/**
 * Compiles one of the expressions in a policy's config, by its text. Throws `cedar.unsupported` for what is no expression,
 * and a `RangeError` for one that the attachment does not carry.
 */
export function expressionBinder(carried: readonly Condition[]): (text: string) => BoundExpression {
  return (text) => {
    const found = carried.find((each) => each.text === text)
    if (found === undefined) throw new RangeError(`the expression ${text} was not parsed`)
    const { run } = compileExpression(found.expression)
    return (x) => {
      try {
        return run(callRequest(x))
      } catch (thrown) {
        if (thrown instanceof EvaluationError) return undefined
        throw thrown
      }
    }
  }
}
