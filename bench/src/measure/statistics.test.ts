import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Histogram, median } from './statistics.ts'

describe('median', () => {
  it.each([
    [[3], 3],
    [[3, 1, 2], 2],
    [[4, 1, 3, 2], 2.5],
  ])('of %j is %d', (values, expected) => {
    expect(median(values)).toBe(expected)
  })

  it('of nothing is no number', () => {
    expect(median([])).toBeNaN()
  })
})

describe('Histogram', () => {
  it('tells the time that a share did not exceed, to a hundredth of a millisecond', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 1_900, noNaN: true }), { minLength: 1 }),
        fc.constantFrom(0.5, 0.9, 0.99, 1),
        (times, share) => {
          const histogram = new Histogram()
          for (const time of times) histogram.add(time)
          const sorted = times.toSorted((a, b) => a - b)
          const exact = sorted[Math.max(1, Math.ceil(sorted.length * share)) - 1] as number
          const told = histogram.percentile(share)
          expect(told).toBeGreaterThanOrEqual(exact - 0.0001)
          expect(told).toBeLessThanOrEqual(exact + 0.0101)
        },
      ),
    )
  })

  it('keeps what is beyond its end at its end', () => {
    const histogram = new Histogram()
    histogram.add(1e9)
    expect(histogram.percentile(1)).toBe(2_000)
  })

  it('begins anew when cleared', () => {
    const histogram = new Histogram()
    histogram.add(5)
    histogram.clear()
    expect(histogram.percentile(0.5)).toBeNaN()
  })
})
