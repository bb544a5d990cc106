import { EvaluationError } from '../evaluation-error.ts'
import type { CedarRequest, ScopeVariable } from '../request.ts'
import type { CedarValue } from '../value.ts'

/** Compiled: answers with the value of an expression for a request, or throws an EvaluationError. */
export type Run = (request: CedarRequest) => CedarValue
export type Test = (request: CedarRequest) => boolean

export interface Code {
  readonly run: Run
  /** Where the expression can only be true or false; spares asking for its type. */
  readonly test?: Test
  /** Where it is a variable by itself. */
  readonly variable?: ScopeVariable | 'context'
  /** Where it is the same for every request. */
  readonly constant?: CedarValue
}

export function constantOf(value: CedarValue): Code {
  const run = () => value
  return typeof value === 'boolean' ? { run, test: () => value, constant: value } : { run, constant: value }
}

export function testing(test: Test): Code {
  return { run: test, test }
}

/** Code over parts: worked out now where all parts are constant. What fails for every request fails when it is run. */
export function fold(parts: readonly Code[], code: Code): Code {
  if (!parts.every((part) => part.constant !== undefined)) return code
  try {
    return constantOf(code.run(nothing))
  } catch (error) {
    if (error instanceof EvaluationError) return code
    throw error
  }
}

// Constants never look at the request.
const nothing = undefined as unknown as CedarRequest
