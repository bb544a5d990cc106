import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { takeTurn } from './smooth-round-robin.ts'

function turns(weights: readonly number[], count: number, credits = weights.map(() => 0)): number[] {
  return Array.from({ length: count }, () => takeTurn(credits, weights))
}

const weightLists = fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 1, maxLength: 12 })

describe('smooth round robin', () => {
  it('mixes the heavy one with the others instead of calling it in a row', () => {
    expect(turns([5, 1, 1], 7)).toEqual([0, 0, 1, 0, 2, 0, 0])
  })

  it('chooses nobody where nobody has any weight', () => {
    expect(takeTurn([0, 0], [0, 0])).toBe(-1)
  })

  it('gives everybody exactly their weight in every round, whatever the weights', () => {
    fc.assert(
      fc.property(weightLists, fc.integer({ min: 1, max: 3 }), (weights, rounds) => {
        const total = weights.reduce((sum, each) => sum + each, 0)
        const chosen = turns(weights, total * rounds)
        const got = weights.map((_, i) => chosen.filter((each) => each === i).length)
        expect(got).toEqual(weights.map((weight) => weight * rounds))
      }),
    )
  })

  it('is never more than one turn per other target away from the exact share', () => {
    fc.assert(
      fc.property(weightLists, fc.integer({ min: 0, max: 200 }), (weights, count) => {
        const total = weights.reduce((sum, each) => sum + each, 0)
        fc.pre(total > 0)
        const chosen = turns(weights, count)
        weights.forEach((weight, i) => {
          const got = chosen.filter((each) => each === i).length
          expect(Math.abs(got - (count * weight) / total)).toBeLessThanOrEqual(weights.length)
        })
      }),
    )
  })

  it('never chooses a weight of 0, though weights come and go', () => {
    fc.assert(
      fc.property(
        fc
          .integer({ min: 1, max: 6 })
          .chain((size) =>
            fc.array(fc.array(fc.nat(5), { minLength: size, maxLength: size }), { maxLength: 60 }),
          ),
        (rounds) => {
          const credits = (rounds[0] ?? []).map(() => 0)
          for (const weights of rounds) {
            const index = takeTurn(credits, weights)
            if (index === -1) expect(weights.every((each) => each === 0)).toBe(true)
            else expect(weights[index]).toBeGreaterThan(0)
            expect(credits.reduce((sum, each) => sum + each, 0)).toBe(0)
          }
        },
      ),
    )
  })
})
