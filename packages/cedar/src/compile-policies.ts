import type { Test } from './compile/code.ts'
import { asTest } from './compile/expect.ts'
import { compileExpression } from './compile/expression.ts'
import { chainOf } from './compile/logic.ts'
import { unsupported } from './compile/node.ts'
import type { EstClause, EstPolicy, NamedPolicy } from './est.ts'
import { EvaluationError } from './evaluation-error.ts'
import type { CedarRequest } from './request.ts'
import { compileScope, readScope, scopeVariables } from './scope.ts'

export interface Decision {
  readonly decision: 'allow' | 'deny'
  /** The policies that made it so: every forbid that holds, or else every permit that holds. In the order given. */
  readonly reasons: readonly string[]
  /** The policies that could not be evaluated. They count for nothing. */
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
  readonly effect: 'permit' | 'forbid'
  readonly holds: Test
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
  const compiled = policies.map(({ id, policy }) => compilePolicy(id, policy))
  return { isAuthorized: (request) => decide(compiled, request) }
}

function compilePolicy(id: string, policy: EstPolicy): CompiledPolicy {
  const { effect } = policy
  if (effect !== 'permit' && effect !== 'forbid') throw unsupported('Neither permit nor forbid')
  const scopes = scopeVariables.map((variable) => compileScope(readScope(policy, variable), variable))
  const tests = [...scopes.filter((scope) => scope !== undefined), ...policy.conditions.map(compileClause)]
  return { id, effect, holds: chainOf(tests, false).test as Test }
}

function compileClause(clause: EstClause): Test {
  const test = asTest(compileExpression(clause.body), clause.kind)
  if (clause.kind === 'when') return test
  if (clause.kind === 'unless') return (request) => !test(request)
  throw unsupported('Neither when nor unless')
}

function decide(policies: readonly CompiledPolicy[], request: CedarRequest): Decision {
  const permits: string[] = []
  const forbids: string[] = []
  const errors: PolicyError[] = []
  for (const policy of policies) {
    try {
      if (policy.holds(request)) (policy.effect === 'permit' ? permits : forbids).push(policy.id)
    } catch (error) {
      if (!(error instanceof EvaluationError)) throw error
      errors.push({ policy: policy.id, error })
    }
  }
  if (forbids.length > 0) return { decision: 'deny', reasons: forbids, errors }
  return { decision: permits.length > 0 ? 'allow' : 'deny', reasons: permits, errors }
}
