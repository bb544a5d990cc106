import type { Policy } from '@portcullis/policy-kit/policy'
import { proceed, refuse, type Verdict } from '@portcullis/policy-kit/verdict'
import { type BotAgentConfig, botAgentContract, botAgentFaults } from './contract.ts'
import { findRefusal, partsOf } from './rules.ts'

/** Few clients make most of the calls. Longer texts are judged anew each time, so that memory is bounded. */
const MAX_REMEMBERED = 1_000
const MAX_REMEMBERED_CHARACTERS = 512

/** Judges what a client says that it is. Whoever means harm says something else: this keeps noise out, not attackers. */
export const botAgent: Policy<BotAgentConfig> = {
  contract: botAgentContract,
  needs: [],
  bind(config) {
    const parts = partsOf(config)
    const welcome = new Set<string>()

    function judge(agent: string): Verdict {
      const refusal = findRefusal(parts, agent)
      if (refusal !== undefined) return refuse(botAgentFaults.denied(), { saw: refusal })
      if (agent.length <= MAX_REMEMBERED_CHARACTERS) {
        if (welcome.size >= MAX_REMEMBERED) welcome.clear()
        welcome.add(agent)
      }
      return proceed()
    }

    return {
      onRequest({ request }) {
        const agent = request.headers.get('user-agent')
        if (agent === undefined || agent === '') {
          return config.missing === 'allow' ? proceed() : refuse(botAgentFaults.missing())
        }
        return welcome.has(agent) ? proceed() : judge(agent)
      },
    }
  },
}
