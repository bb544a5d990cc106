import type { Principal } from '@portcullis/policy-kit/principal'
import type { Proceed, Saw, Verdict } from '@portcullis/policy-kit/verdict'
import { rememberWith } from './remember-with.ts'

/** Different things that a step saw; beyond that it begins to forget. */
const MAX_SAWS = 1_000

/**
 * For a step whose verdict follows from the principal alone: a verdict that lets the call go on is computed once for each
 * principal, and calls with one token have one principal. A refusal is made anew, as its fault is of that moment.
 *
 * What was seen of principals that are alike is one and the same object: the record of a batch of calls says it once.
 */
export function oncePerPrincipal(
  decide: (principal: Principal) => Verdict,
): (principal: Principal) => Verdict {
  const known = rememberWith<Verdict>()
  const saws = new Map<string, Saw>()

  function shared(verdict: Proceed): Proceed {
    if (verdict.saw === undefined) return verdict
    const text = JSON.stringify(verdict.saw)
    const saw = saws.get(text) ?? verdict.saw
    if (saws.size >= MAX_SAWS) saws.clear()
    saws.set(text, saw)
    return { ...verdict, saw }
  }

  return (principal) => {
    const before = known.of(principal)
    if (before !== undefined) return before
    const verdict = decide(principal)
    if (verdict.verdict !== 'proceed') return verdict
    const kept = shared(verdict)
    known.keep(principal, kept)
    return kept
  }
}
