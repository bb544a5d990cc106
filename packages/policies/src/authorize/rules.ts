import { type CompiledPolicies, compilePolicies, type Decision } from '@portcullis/cedar/compile-policies'
import type { AuthorizeFacts } from './contract.ts'
import { namedPolicies } from './named-policies.ts'

const MAX_SEEN_CHARACTERS = 512

export interface Judgement {
  /** Undefined where the call may pass. */
  readonly refusal: 'denied' | 'failed' | undefined
  /** For the record: the policies that decided, or those that failed and why. */
  readonly saw: { readonly policies: string } | { readonly failed: string }
}

/**
 * In Cedar a policy that fails is left out. Here nobody passes then, since it may have been one that forbids. The
 * words come from the policies, never from the call.
 */
export function judge({ decision, reasons, errors }: Decision): Judgement {
  if (errors.length > 0) {
    const failed = errors.map(({ policy, error }) => `${policy}: ${error.message}`).join('; ')
    return { refusal: 'failed', saw: { failed: failed.slice(0, MAX_SEEN_CHARACTERS) } }
  }
  const saw = { policies: reasons.join(' ').slice(0, MAX_SEEN_CHARACTERS) }
  return { refusal: decision === 'allow' ? undefined : 'denied', saw }
}

// Many operations have the same sets, which are compiled once.
const compiled = new WeakMap<AuthorizeFacts['sets'], CompiledPolicies>()

/** All sets as one; each policy is named by its set and its id. */
export function compileSets(sets: AuthorizeFacts['sets']): CompiledPolicies {
  const known = compiled.get(sets)
  if (known !== undefined) return known
  const made = compilePolicies(namedPolicies(sets))
  compiled.set(sets, made)
  return made
}
