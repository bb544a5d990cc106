import { asTest } from './compile/expect.ts'
import { compileExpression } from './compile/expression.ts'
import type { EstExpression } from './est.ts'
import type { CedarRequest } from './request.ts'

/**
 * Compiles an expression that is true or false, such as the `when:` of an attachment. What comes back throws an
 * EvaluationError where the request leaves the expression without an answer: that is neither true nor false.
 *
 * Throws `cedar.unsupported` for what is no expression of Cedar.
 */
export function compileCondition(expression: EstExpression): (request: CedarRequest) => boolean {
  return asTest(compileExpression(expression), 'condition')
}
