import { Duration } from '@portcullis/kernel/duration'
import type { Policy } from '@portcullis/policy-kit/policy'
import { proceed, refuse } from '@portcullis/policy-kit/verdict'
import { bearerChallenge } from '../token/bearer-challenge.ts'
import { type AcrConfig, acrContract, acrFaults } from './contract.ts'
import { type Demand, judge } from './rules.ts'

const NONE = {}

/** The step-up challenge of RFC 9470: what was too weak or too old is told with what would do. */
export const acr: Policy<AcrConfig> = {
  contract: acrContract,
  needs: [],
  bind({ anyOf, maxAge }) {
    const age = maxAge === undefined ? undefined : Duration.parse(maxAge)
    const demand: Demand = { anyOf, maxAgeMillis: age?.milliseconds }

    function challengeFor(realm: string, errorDescription: string): string {
      return bearerChallenge({
        realm,
        error: 'insufficient_user_authentication',
        errorDescription,
        ...(anyOf.length > 0 && { acrValues: anyOf }),
        ...(age !== undefined && { maxAgeSeconds: age.seconds }),
      })
    }

    return {
      onRequest({ principal, match, receivedAt }) {
        if (principal === undefined) return refuse(acrFaults.unknown())
        const judgement = judge(demand, principal.authentication ?? NONE, receivedAt)
        if (judgement === 'satisfied') return proceed()
        const fault = acrFaults[judgement]()
        return refuse(fault, {
          challenges: [challengeFor(match?.api.audience ?? principal.issuer, fault.title)],
          saw: { acr: principal.authentication?.context?.slice(0, 256) ?? 'none' },
        })
      },
    }
  },
}
