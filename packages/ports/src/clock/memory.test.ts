import { expect, it } from 'vitest'
import { clockContract } from './contract.ts'
import { manualClock } from './memory.ts'

clockContract('manual', () => {
  const clock = manualClock()
  return { clock, pass: clock.advance }
})

it('refuses to be set back', () => {
  const clock = manualClock(1000)
  expect(() => clock.set(999)).toThrow(RangeError)
  expect(() => clock.advance(Number.NaN)).toThrow(RangeError)
  expect(clock.now()).toBe(1000)
})
