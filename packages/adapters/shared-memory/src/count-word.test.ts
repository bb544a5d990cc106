import fc from 'fast-check'
import { expect, it } from 'vitest'
import { packArrival } from './arrival-word.ts'
import { type Count, MAX_COUNT, packCount, unpackCount } from './count-word.ts'

const millis = fc.integer({ min: 0, max: Date.UTC(2200, 0, 1) })
const count = fc.integer({ min: 0, max: MAX_COUNT })

it('keeps a count and the second at which it is over, and is no earlier moment than that', () => {
  fc.assert(
    fc.property(millis, count, (untilMillis, units) => {
      const out: Count = { untilMillis: 0, count: 0 }
      const word = packCount(untilMillis, units)
      unpackCount(word, out)
      expect(out).toEqual({ untilMillis: Math.ceil(untilMillis / 1000) * 1000, count: units })
      expect(word).toBeGreaterThanOrEqual(packArrival(untilMillis, 0))
    }),
  )
})
