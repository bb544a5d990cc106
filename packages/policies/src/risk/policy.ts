import { hash } from 'node:crypto'
import { Duration } from '@portcullis/kernel/duration'
import { andThen } from '@portcullis/policy-kit/and-then'
import type { Exchange } from '@portcullis/policy-kit/exchange'
import type { Policy } from '@portcullis/policy-kit/policy'
import { proceed, refuse, type Verdict } from '@portcullis/policy-kit/verdict'
import { riskEngineFaults } from '@portcullis/ports/risk/port'
import { askingOnce } from '../memory/ask-once.ts'
import { type RiskConfig, riskContract, riskFaults } from './contract.ts'
import { factsOf, wholeRisk } from './rules.ts'

/** How many callers one attachment remembers. */
const MAX_KEPT = 10_000

/** Finds out how suspicious a call is, for conditions and rules of later steps, and judges it. */
export const risk: Policy<RiskConfig, undefined, 'risk'> = {
  contract: riskContract,
  needs: ['risk'],
  bind({ refuseFrom, unknown, keepFor }, { risk: engine }) {
    const keepMillis = Duration.parse(keepFor).milliseconds
    const ask = askingOnce<number>(MAX_KEPT)

    function assess(x: Exchange): number | Promise<number> {
      const facts = factsOf(x)
      // The time is in what is told, and not in what is alike.
      const name = hash('sha256', JSON.stringify({ ...facts, at: 0 }), 'base64url')
      return ask(name, x.receivedAt, async () => ({
        value: wholeRisk(await engine.assess(facts)),
        keepMillis,
      }))
    }

    function judge(found: number): Verdict {
      const saw = { risk: found }
      if (refuseFrom !== undefined && found >= refuseFrom) return refuse(riskFaults['too-high'](), { saw })
      return proceed(saw, { risk: found })
    }

    /** Where an operator has said what counts instead, that is judged as if it had been found. */
    function assume(thrown: unknown): Verdict {
      if (unknown === 'refuse' || !riskEngineFaults.unavailable.is(thrown)) throw thrown
      const verdict = judge(unknown)
      return { ...verdict, saw: { risk: unknown, assumed: true } }
    }

    return {
      onRequest(x) {
        const verdict = andThen(assess(x), judge)
        return verdict instanceof Promise ? verdict.catch(assume) : verdict
      },
    }
  },
}
