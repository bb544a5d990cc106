import { describe, expect, it } from 'vitest'
import { type Risk, type RiskFacts, riskEngineFaults } from './port.ts'

export const facts: RiskFacts = {
  organization: 'hmart',
  occasion: 'call',
  at: Date.UTC(2026, 0, 1),
  address: '192.0.2.1',
  subject: 'ada',
}

/** What everybody guarantees who judges risks. `open` gives one that finds `value` of whatever it is told. */
export function riskContract(name: string, open: (value: unknown) => Risk | Promise<Risk>): void {
  describe(`risk contract: ${name}`, () => {
    it.each([0, 1, 49.5, 100])('tells a risk of %d', async (value) => {
      expect(await (await open(value)).assess(facts)).toBe(value)
    })

    it.each([-1, 101, '50', null, true, [50], undefined])('never takes %j for a risk', async (value) => {
      const asked = Promise.resolve(await open(value)).then((risk) => risk.assess(facts))
      await expect(asked).rejects.toSatisfy((thrown) => riskEngineFaults.unavailable.is(thrown))
    })
  })
}
