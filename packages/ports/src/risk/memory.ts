import { isRisk, type Risk, type RiskFacts, riskEngineFaults } from './port.ts'

/** A risk that follows from the facts alone, as `judge` says. */
export function openMemoryRisk(judge: (facts: RiskFacts) => unknown): Risk {
  return {
    assess(facts) {
      const risk = judge(facts)
      if (!isRisk(risk))
        throw riskEngineFaults.unavailable({ internal: 'what was judged is no number from 0 to 100' })
      return risk
    },
  }
}
