import type { Principal } from '@portcullis/policy-kit/principal'
import type { Verdict } from '@portcullis/policy-kit/verdict'

/**
 * For a step whose verdict follows from the principal alone: a verdict that lets the call go on is computed once for each
 * principal, and calls with one token have one principal. A refusal is made anew, as its fault is of that moment.
 */
export function oncePerPrincipal(
  decide: (principal: Principal) => Verdict,
): (principal: Principal) => Verdict {
  const known = new WeakMap<Principal, Verdict>()
  return (principal) => {
    const before = known.get(principal)
    if (before !== undefined) return before
    const verdict = decide(principal)
    if (verdict.verdict === 'proceed') known.set(principal, verdict)
    return verdict
  }
}
