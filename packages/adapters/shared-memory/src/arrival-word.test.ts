import { FRACTIONS_PER_MILLI } from '@portcullis/ports/counters/gcra'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type Arrival, packArrival, unpackArrival } from './arrival-word.ts'

it('keeps every moment up to the year 2200 as a word that orders as the moment does', () => {
  const millis = fc.integer({ min: 0, max: Date.UTC(2200, 0, 1) })
  const fraction = fc.integer({ min: 0, max: FRACTIONS_PER_MILLI - 1 })
  fc.assert(
    fc.property(millis, fraction, (wholeMillis, part) => {
      const word = packArrival(wholeMillis, part)
      expect(word).toBe(BigInt(wholeMillis) * BigInt(FRACTIONS_PER_MILLI) + BigInt(part))
      const out: Arrival = { millis: 0, fraction: 0 }
      unpackArrival(word, out)
      expect(out).toEqual({ millis: wholeMillis, fraction: part })
    }),
  )
})
