import fc from 'fast-check'
import { expect, it } from 'vitest'
import { describeTurnedAway } from './describe-decision.ts'

it('writes the time of a call to the millisecond, as ISO 8601 does, whatever the call before', () => {
  const end = { outcome: 'refused', status: 404, millis: 0 } as const
  const time = fc.oneof(
    fc.integer({ min: 0, max: 4e12 }),
    fc.integer({ min: 1_767_225_599_000, max: 1_767_225_601_000 }),
  )
  fc.assert(
    fc.property(fc.array(time), (times) => {
      for (const millis of times) {
        expect(describeTurnedAway('dec_1', millis, 'GET', end).at).toBe(new Date(millis).toISOString())
      }
    }),
  )
})
