import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { drawLeast } from './least-requests.ts'

/** Numbers that look drawn and are the same every time (Park and Miller, 1988). */
function numbers(seed = 1): () => number {
  let state = seed
  return () => {
    state = (state * 48_271) % 2_147_483_647
    return (state - 1) / 2_147_483_646
  }
}

const unit = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })

describe('least requests', () => {
  it('chooses nobody where nobody has any weight, and the only one where there is one', () => {
    expect(drawLeast([0, 0], () => 0, numbers())).toBe(-1)
    expect(drawLeast([0, 3, 0], () => 0, numbers())).toBe(1)
  })

  it('always takes the idler of two equal targets', () => {
    fc.assert(
      fc.property(unit, unit, fc.nat(50), fc.nat(50), (a, b, left, right) => {
        fc.pre(left !== right)
        const draws = [a, b]
        const chosen = drawLeast(
          [1, 1],
          (i) => (i === 0 ? left : right),
          () => draws.shift() ?? 0,
        )
        expect(chosen).toBe(left < right ? 0 : 1)
      }),
    )
  })

  it('counts calls under way by weight: twice the weight bears twice the calls', () => {
    expect(drawLeast([2, 1], (i) => [3, 2][i] ?? 0, numbers())).toBe(0)
    expect(drawLeast([2, 1], (i) => [6, 2][i] ?? 0, numbers())).toBe(1)
  })

  it('never draws a weight of 0, and never the busiest of all where a choice exists', () => {
    const load = fc.record({ weight: fc.nat(5), calls: fc.nat(20) })
    fc.assert(
      fc.property(fc.array(load, { minLength: 1, maxLength: 10 }), unit, unit, (targets, a, b) => {
        const draws = [a, b]
        const weights = targets.map(({ weight }) => weight)
        const index = drawLeast(
          weights,
          (i) => targets[i]?.calls ?? 0,
          () => draws.shift() ?? 0,
        )
        const open = targets.filter(({ weight }) => weight > 0)
        if (open.length === 0) {
          expect(index).toBe(-1)
          return
        }
        const chosen = targets[index]
        expect(chosen?.weight).toBeGreaterThan(0)
        const loads = open.map(({ weight, calls }) => (calls + 1) / weight)
        const most = Math.max(...loads)
        const isOnlyBusiest = loads.filter((each) => each === most).length === 1
        if (open.length > 1 && isOnlyBusiest && chosen !== undefined) {
          expect((chosen.calls + 1) / chosen.weight).toBeLessThan(most)
        }
      }),
    )
  })

  it('keeps the calls under way in proportion to the weights', () => {
    const weights = [1, 2, 4]
    const underWay = [0, 0, 0]
    const random = numbers(7)
    for (let i = 0; i < 7_000; i++) {
      const index = drawLeast(weights, (each) => underWay[each] ?? 0, random)
      underWay[index] = (underWay[index] ?? 0) + 1
    }
    weights.forEach((weight, i) => {
      expect((underWay[i] ?? 0) / (weight * 1_000)).toBeGreaterThan(0.95)
      expect((underWay[i] ?? 0) / (weight * 1_000)).toBeLessThan(1.05)
    })
  })
})
