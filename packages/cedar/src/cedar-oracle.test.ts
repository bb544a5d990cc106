import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cases, expressionCases, sharingCases } from './fixture/arbitrary-case.ts'
import { literalPolicies } from './fixture/arbitrary-literal.ts'
import { askCedar, askOurs, type Case } from './fixture/cedar-oracle.ts'

/** How many times as long as usual is looked: `CEDAR_EFFORT=100 npx vitest run packages/cedar`. */
const effort = Number(process.env.CEDAR_EFFORT ?? 1)

function isAnsweredAlike(asked: Case): void {
  const answer = askCedar(asked)
  expect(answer).toBeDefined()
  expect(askOurs(asked)).toEqual(answer)
}

describe('against Cedar itself', { timeout: 60_000 * Math.max(1, effort) }, () => {
  it('policies decide alike, for the same reasons and with the same ones failing', () => {
    fc.assert(fc.property(cases, isAnsweredAlike), { numRuns: 40 * effort })
  })

  it('expressions are true, false or fail alike', () => {
    fc.assert(fc.property(expressionCases, isAnsweredAlike), { numRuns: 15 * effort })
  })

  it('policies that begin alike decide alike', () => {
    fc.assert(fc.property(sharingCases, isAnsweredAlike), { numRuns: 15 * effort })
  })

  it('literals of every type mean the same, at their limits too', () => {
    const alone = {
      principal: { type: 'User', id: 'a' },
      action: { type: 'Action', id: 'read' },
      resource: { type: 'Api', id: 'a' },
      context: {},
      entities: [],
    }
    fc.assert(
      fc.property(literalPolicies, (policies) => isAnsweredAlike({ policies, ...alone })),
      { numRuns: 15 * effort },
    )
  })
})
