import type { Principal } from '@portcullis/policy-kit/principal'
import type { Changes, Proceed, Verdict } from '@portcullis/policy-kit/verdict'
import { rememberWith } from './remember-with.ts'

/** Different things that a step saw; beyond that it begins to forget. */
const MAX_SAWS = 1_000

/**
 * For a step whose verdict follows from the principal alone: a verdict that lets the call go on is computed once for each
 * principal, and calls with one token have one principal. A refusal is made anew, as its fault is of that moment.
 *
 * What was seen of principals that are alike is one and the same object: the record of a batch of calls says it once. So is the
 * verdict where it changes the same: of a thousand tokens in turn each would otherwise have to be fetched from memory.
 */
export function oncePerPrincipal(
  decide: (principal: Principal) => Verdict,
): (principal: Principal) => Verdict {
  const known = rememberWith<Verdict>()
  const alike = new Map<string, Proceed>()

  function shared(verdict: Proceed): Proceed {
    const text = JSON.stringify(verdict.saw) ?? ''
    const before = alike.get(text)
    if (before !== undefined && isSame(before.changes, verdict.changes)) return before
    const kept = before?.saw === undefined ? verdict : { ...verdict, saw: before.saw }
    if (alike.size >= MAX_SAWS) alike.clear()
    alike.set(text, kept)
    return kept
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

function isSame(one: Changes | undefined, other: Changes | undefined): boolean {
  if (one === undefined || other === undefined) return one === other
  const names = Object.keys(one) as (keyof Changes)[]
  return names.length === Object.keys(other).length && names.every((name) => one[name] === other[name])
}
