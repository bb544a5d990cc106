import { setTimeout as sleep } from 'node:timers/promises'
import { clockContract } from '@portcullis/ports/clock/contract'
import { expect, it } from 'vitest'
import { shiftedClock } from './shifted-clock.ts'

clockContract('shifted', () => ({ clock: shiftedClock(), pass: (millis) => sleep(millis) }))

it('tells the same time wherever its memory is, also after it was set ahead', () => {
  const here = shiftedClock()
  const elsewhere = shiftedClock(here.shift)
  here.pass(3_600_000)
  expect(elsewhere.now() - Date.now()).toBeGreaterThan(3_599_000)
  expect(Math.abs(elsewhere.now() - here.now())).toBeLessThan(1000)
})
