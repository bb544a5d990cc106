/**
 * A policy that could not be evaluated: it asked for an attribute that is missing, or compared what can't be
 * compared. Made once for every place of a policy where that may happen, so that throwing costs no stack. Its words
 * come from the policy alone, never from the call.
 */
export class EvaluationError extends Error {
  override readonly name = 'EvaluationError'
}
