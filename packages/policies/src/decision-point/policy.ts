import { metadataUrlOf } from '@portcullis/model/protected-resource'
import { andThen } from '@portcullis/policy-kit/and-then'
import type { Exchange } from '@portcullis/policy-kit/exchange'
import { Note } from '@portcullis/policy-kit/note'
import type { Policy } from '@portcullis/policy-kit/policy'
import { proceed, refuse, type Saw, type Verdict } from '@portcullis/policy-kit/verdict'
import { bearerChallenge } from '../token/bearer-challenge.ts'
import { decisionPointAsker } from './ask.ts'
import { type DecisionPointConfig, decisionPointContract, decisionPointFaults } from './contract.ts'
import type { Decision } from './dialect.ts'
import { inquirer } from './facts.ts'
import { type Outcome, outcomeOf } from './rules.ts'

/** Asks somebody outside whether a call may pass, and keeps what they demand with it. An outage is a failure of the step. */
export const decisionPoint: Policy<DecisionPointConfig, undefined, 'web' | 'vault'> = {
  contract: decisionPointContract,
  needs: ['web', 'vault'],
  bind(config, ports) {
    const ask = decisionPointAsker(config, ports)
    const inquire = inquirer(config)
    const forCaller = new Note<readonly string[]>()

    function judge(x: Exchange, decision: Decision): Verdict {
      const outcome = outcomeOf(decision, x.principal?.authentication?.context)
      if (outcome.toCaller.length > 0) forCaller.write(x, outcome.toCaller)
      const saw = sawOf(decision, outcome)
      switch (outcome.effect) {
        case 'permit':
          return outcome.toBackend.length === 0
            ? proceed(saw)
            : proceed(saw, { setHeaders: outcome.toBackend })
        case 'deny':
          return refuse(decisionPointFaults.denied(), { saw })
        case 'step-up':
          return refuse(decisionPointFaults['step-up'](), {
            challenges: [stepUpChallenge(x, outcome.stepUp)],
            saw,
          })
        default:
          return refuse(decisionPointFaults[outcome.effect](), { saw })
      }
    }

    return {
      onRequest(x) {
        const decision = ask(inquire(x), { id: x.id, nowMillis: x.receivedAt })
        return andThen(decision, (answered) => judge(x, answered))
      },
      onReply(x, reply) {
        const fields = forCaller.of(x) ?? []
        for (let i = 0; i < fields.length; i += 2) {
          reply.headers.set(fields[i] as string, fields[i + 1] as string)
        }
      },
    }
  },
}

function sawOf({ effect, obligations, advice }: Decision, { unknown }: Outcome): Saw {
  const ids = [...obligations, ...advice].map(({ id }) => id).join(' ')
  return {
    decision: effect,
    ...(ids !== '' && { demands: ids.slice(0, 256) }),
    ...(unknown !== undefined && { unknown: unknown.slice(0, 128) }),
  }
}

/** RFC 9470 §3. */
function stepUpChallenge({ match, principal }: Exchange, acrValues: readonly string[]): string {
  const realm = match?.api.audience ?? principal?.issuer ?? 'portcullis'
  return bearerChallenge({
    realm,
    error: 'insufficient_user_authentication',
    errorDescription: 'The user must sign in in another way',
    acrValues,
    ...(match && { resourceMetadata: metadataUrlOf(match.api.audience) }),
  })
}
