import type { Policy } from '@portcullis/policy-kit/policy'
import type { Principal } from '@portcullis/policy-kit/principal'
import { proceed, refuse, type Saw, type Verdict } from '@portcullis/policy-kit/verdict'
import { bearerChallenge } from '../bearer-challenge.ts'
import { oncePerPrincipal } from '../once-per-principal.ts'
import { waysOf } from '../requirement.ts'
import { type ScopeConfig, type ScopeFacts, scopeContract, scopeFaults } from './contract.ts'
import { challengesFor, describeWays, judge } from './rules.ts'

const MAX_SEEN_CHARACTERS = 512

/** Holds a call to the security requirement of its operation. */
export const scope: Policy<ScopeConfig, ScopeFacts> = {
  contract: scopeContract,
  needs: [],
  bind(_config, _ports, { facts }) {
    const ways = waysOf(facts.security)
    const required = describeWays(ways).slice(0, MAX_SEEN_CHARACTERS)
    const challenges = challengesFor(ways, facts.schemes, facts.audience)

    function decide(principal: Principal | undefined): Verdict {
      const judgement = judge(ways, principal)
      const saw = sawOf(required, principal)
      switch (judgement.kind) {
        case 'satisfied':
          return proceed(saw)
        case 'unknown-caller':
          return refuse(scopeFaults['no-credentials'](), { challenges, saw })
        case 'other-credentials':
          return refuse(scopeFaults['other-credentials'](), { challenges, saw })
        case 'insufficient':
          return refuse(scopeFaults.insufficient(), {
            challenges: [insufficientChallenge(facts.audience, judgement.nearest.scopes)],
            saw,
          })
      }
    }

    const decideOnce = oncePerPrincipal(decide)
    return {
      onRequest: ({ principal }) => (principal === undefined ? decide(undefined) : decideOnce(principal)),
    }
  },
}

/** RFC 6750 §3.1: `scope` names what is needed, all of it, so that it can be asked for as it stands. */
function insufficientChallenge(realm: string, scopes: readonly string[]): string {
  return bearerChallenge({
    realm,
    error: 'insufficient_scope',
    errorDescription: 'The token does not carry the scopes that this operation needs',
    scope: scopes.join(' '),
  })
}

function sawOf(required: string, principal: Principal | undefined): Saw {
  if (principal === undefined) return { required, caller: 'unknown' }
  return { required, held: [...principal.scopes].join(' ').slice(0, MAX_SEEN_CHARACTERS) }
}
