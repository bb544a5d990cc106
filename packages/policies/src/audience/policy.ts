import { metadataUrlOf } from '@portcullis/model/protected-resource'
import type { Policy } from '@portcullis/policy-kit/policy'
import type { Principal } from '@portcullis/policy-kit/principal'
import { proceed, refuse, type Verdict } from '@portcullis/policy-kit/verdict'
import { oncePerPrincipal } from '../memory/once-per-principal.ts'
import { bearerChallenge } from '../token/bearer-challenge.ts'
import { type AudienceConfig, type AudienceFacts, audienceContract, audienceFaults } from './contract.ts'
import { audiencesOf, judge } from './rules.ts'

/** Asks of every credential of a call for whom else it is meant. Of a call without any, `scope` decides. */
export const audience: Policy<AudienceConfig, AudienceFacts> = {
  contract: audienceContract,
  needs: [],
  bind(config, _ports, { facts }) {
    const decide = oncePerPrincipal(({ claims }: Principal): Verdict => {
      const judgement = judge(audiencesOf(claims), config, facts)
      if (judgement.kind === 'satisfied') return proceed()
      const fault = audienceFaults[judgement.kind]()
      return refuse(fault, {
        challenges: [
          bearerChallenge({
            realm: facts.audience,
            error: 'invalid_token',
            errorDescription: fault.title,
            resourceMetadata: metadataUrlOf(facts.audience),
          }),
        ],
        ...(judgement.kind === 'other-environment' && { saw: { environment: judgement.environment } }),
      })
    })

    return {
      onRequest({ principal, identities }) {
        if (principal === undefined) return proceed()
        if (identities.length <= 1) return decide(principal)
        const verdicts = identities.map(decide)
        return verdicts.find(({ verdict }) => verdict !== 'proceed') ?? proceed()
      },
    }
  },
}
