import { canonicalJson, type Json } from '@portcullis/kernel/json'
import type { Run } from './compile/code.ts'
import { compileExpression } from './compile/expression.ts'
import { objectOf } from './compile/node.ts'
import type { EstExpression, EstPolicy } from './est.ts'
import type { CedarValue } from './value.ts'

/** What a policy asks before anything else in its conditions: it can't hold unless the answer is one of these. */
export interface Question {
  /** The same for the same expression. */
  readonly key: string
  readonly run: Run
  readonly answers: readonly CedarValue[]
}

/**
 * The first question of a policy's conditions, where it is one that policies share: `context.country == "CH"`, or
 * `["CH", "LI"].contains(context.country)`, or a test as such. Nothing stands before it, so where it is answered
 * otherwise the policy neither holds nor fails; where it fails, so does the policy.
 */
export function firstQuestion(policy: EstPolicy): Question | undefined {
  const [clause] = policy.conditions
  if (clause?.kind !== 'when') return undefined
  const term = firstTerm(clause.body)
  const { '==': equality, contains } = term
  if (equality !== undefined) {
    const { left, right } = objectOf(equality, '==')
    return questionOf(left, constantOf(right)) ?? questionOf(right, constantOf(left))
  }
  if (contains !== undefined) {
    const { left, right } = objectOf(contains, 'contains')
    const set = constantOf(left)
    return typeof set === 'object' && set.kind === 'set' ? questionOf(right, ...set.elements) : undefined
  }
  return compileExpression(term).test === undefined ? undefined : questionOf(term, true)
}

/** The leftmost of a chain of `&&`. */
export function firstTerm(expression: EstExpression): EstExpression {
  let term = expression
  while (term['&&'] !== undefined) term = objectOf(objectOf(term['&&'], '&&').left, '&&')
  return term
}

function constantOf(expression: Json | undefined): CedarValue | undefined {
  return compileExpression(expression).constant
}

function questionOf(
  expression: Json | undefined,
  ...answers: (CedarValue | undefined)[]
): Question | undefined {
  const known = answers.filter((answer) => answer !== undefined)
  const code = compileExpression(expression)
  if (known.length !== answers.length || code.constant !== undefined) return undefined
  return { key: canonicalJson(expression), run: code.run, answers: known }
}
