import { metadataUrlOf } from '@portcullis/model/protected-resource'
import type { Policy } from '@portcullis/policy-kit/policy'
import type { Principal } from '@portcullis/policy-kit/principal'
import { proceed, refuse, type Saw, type Verdict } from '@portcullis/policy-kit/verdict'
import { bearerChallenge } from '../bearer-challenge.ts'
import { oncePerPrincipal } from '../once-per-principal.ts'
import { rememberWith } from '../remember-with.ts'
import { waysOf } from '../requirement.ts'
import { identityChooser } from './choose-identity.ts'
import { type ScopeConfig, type ScopeFacts, scopeContract, scopeFaults } from './contract.ts'
import { challengesFor, describeWays, heldBy, shortfallOf } from './rules.ts'

const MAX_SEEN_CHARACTERS = 512

/** Holds a call to the security requirement of its operation. */
export const scope: Policy<ScopeConfig, ScopeFacts> = {
  contract: scopeContract,
  needs: [],
  bind(_config, _ports, { facts }) {
    const ways = waysOf(facts.security)
    const required = describeWays(ways).slice(0, MAX_SEEN_CHARACTERS)
    const challenges = challengesFor(ways, facts.schemes, facts.audience)

    const choose = identityChooser(facts.security)

    function decide(identities: readonly Principal[], principal: Principal | undefined): Verdict {
      const saw = sawOf(required, identities)
      const choice = choose(identities)
      if (choice.kind === 'satisfied') {
        const chosen = choice.principal
        return chosen === undefined || chosen === principal
          ? proceed(saw)
          : proceed(saw, { principal: chosen })
      }
      if (choice.kind === 'different-callers') {
        return refuse(scopeFaults['different-callers'](), { challenges, saw })
      }
      const shortfall = shortfallOf(ways, identities)
      switch (shortfall.kind) {
        case 'unknown-caller':
          return refuse(scopeFaults['no-credentials'](), { challenges, saw })
        case 'other-credentials':
          return refuse(scopeFaults['other-credentials'](), { challenges, saw })
        case 'insufficient':
          return refuse(scopeFaults.insufficient(), {
            challenges: [insufficientChallenge(facts.audience, shortfall.nearest.scopes)],
            saw,
          })
      }
    }

    const decideOnce = oncePerPrincipal((principal) => decide([principal], principal))
    const several = rememberWith<Several>()

    /** The same identities come again and again, and what is made of them must be the same object for later steps. */
    function decideOfSeveral(identities: readonly Principal[], principal: Principal): Verdict {
      const known = several.of(principal)
      if (known !== undefined && isSame(known.identities, identities)) return known.verdict
      const verdict = decide(identities, principal)
      if (verdict.verdict === 'proceed') several.keep(principal, { identities, verdict })
      return verdict
    }

    return {
      onRequest({ principal, identities }) {
        if (principal === undefined) return decide([], undefined)
        return identities.length > 1 ? decideOfSeveral(identities, principal) : decideOnce(principal)
      },
    }
  },
}

interface Several {
  readonly identities: readonly Principal[]
  readonly verdict: Verdict
}

function isSame(some: readonly Principal[], others: readonly Principal[]): boolean {
  return some.length === others.length && some.every((each, i) => each === others[i])
}

/** RFC 6750 §3.1: `scope` names what is needed, all of it, so that it can be asked for as it stands. */
function insufficientChallenge(realm: string, scopes: readonly string[]): string {
  return bearerChallenge({
    realm,
    error: 'insufficient_scope',
    errorDescription: 'The token does not carry the scopes that this operation needs',
    scope: scopes.join(' '),
    resourceMetadata: metadataUrlOf(realm),
  })
}

function sawOf(required: string, identities: readonly Principal[]): Saw {
  if (identities.length === 0) return { required, caller: 'unknown' }
  return { required, held: [...heldBy(identities)].join(' ').slice(0, MAX_SEEN_CHARACTERS) }
}
