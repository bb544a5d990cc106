import type { Test } from './compile/code.ts'
import { asTest } from './compile/expect.ts'
import { compileExpression } from './compile/expression.ts'
import { chainOf } from './compile/logic.ts'
import { unsupported } from './compile/node.ts'
import type { EstClause, NamedPolicy } from './est.ts'
import { EvaluationError } from './evaluation-error.ts'
import { type Indexed, PolicyIndex } from './policy-index.ts'
import { firstQuestion } from './question.ts'
import { readHead } from './read-head.ts'
import { type CedarRequest, scopeVariables } from './request.ts'
import { compileScope } from './scope.ts'

export interface Decision {
  readonly decision: 'allow' | 'deny'
  /** The policies that made it so: every forbid that holds, or else every permit that holds. In the order given. */
  readonly reasons: readonly string[]
  /** The policies that could not be evaluated, in the order given. They count for nothing. */
  readonly errors: readonly PolicyError[]
}

export interface PolicyError {
  readonly policy: string
  readonly error: EvaluationError
}

export interface CompiledPolicies {
  isAuthorized(request: CedarRequest): Decision
}

interface CompiledPolicy {
  readonly id: string
  readonly place: number
  readonly effect: 'permit' | 'forbid'
  readonly holds: Test
  /** The index's mark. */
  found: number
}

/**
 * Compiles policies into one decision, with Cedar's meaning: what no permit allows is denied, a forbid overrides
 * every permit, and a policy that fails is left out and told.
 *
 * Throws `cedar.unsupported` for what it does not know, and for two policies with one id.
 */
export function compilePolicies(policies: readonly NamedPolicy[]): CompiledPolicies {
  const ids = new Set<string>()
  for (const { id } of policies) {
    if (ids.has(id)) throw unsupported(`Two policies with the id "${id}"`)
    ids.add(id)
  }
  const index = new PolicyIndex(policies.map(compilePolicy))
  return { isAuthorized: (request) => decide(index, request) }
}

function compilePolicy({ id, policy }: NamedPolicy, place: number): Indexed<CompiledPolicy> {
  const { effect } = policy
  if (effect !== 'permit' && effect !== 'forbid') throw unsupported('Neither permit nor forbid')
  const head = readHead(policy)
  const scopes = scopeVariables.map((variable) => compileScope(head[variable], variable))
  const tests = [...scopes.filter((scope) => scope !== undefined), ...policy.conditions.map(compileClause)]
  const holds = chainOf(tests, false).test as Test
  return { head, question: firstQuestion(policy), item: { id, place, effect, holds, found: 0 } }
}

function compileClause(clause: EstClause): Test {
  const test = asTest(compileExpression(clause.body), clause.kind)
  if (clause.kind === 'when') return test
  if (clause.kind === 'unless') return (request) => !test(request)
  throw unsupported('Neither when nor unless')
}

function decide(index: PolicyIndex<CompiledPolicy>, request: CedarRequest): Decision {
  const permits: CompiledPolicy[] = []
  const forbids: CompiledPolicy[] = []
  const failed: { place: number; policy: string; error: EvaluationError }[] = []
  index.forEach(request, (policy) => {
    try {
      if (policy.holds(request)) (policy.effect === 'permit' ? permits : forbids).push(policy)
    } catch (error) {
      if (!(error instanceof EvaluationError)) throw error
      failed.push({ place: policy.place, policy: policy.id, error })
    }
  })
  const reasons = (forbids.length > 0 ? forbids : permits).sort(byPlace).map((policy) => policy.id)
  const errors = failed.sort(byPlace).map(({ policy, error }) => ({ policy, error }))
  return { decision: forbids.length === 0 && permits.length > 0 ? 'allow' : 'deny', reasons, errors }
}

function byPlace(a: { readonly place: number }, b: { readonly place: number }): number {
  return a.place - b.place
}
