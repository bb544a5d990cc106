import { setTimeout as sleep } from 'node:timers/promises'
import { clockContract } from '@portcullis/ports/clock/contract'
import { expect, it } from 'vitest'
import { systemClock } from './system-clock.ts'

clockContract('system', () => ({ clock: systemClock(), pass: (millis) => sleep(millis) }))

it('tells the time of the machine', () => {
  const before = Date.now()
  const told = systemClock().now()
  expect(told).toBeGreaterThanOrEqual(before)
  expect(told).toBeLessThanOrEqual(Date.now())
})

it('goes on at half speed when the wall clock is set back, until the two meet', () => {
  let wall = Date.UTC(2026, 0, 1)
  const clock = systemClock(() => wall)
  const start = clock.now()
  wall -= 60_000
  expect(clock.now()).toBe(start)
  wall += 10_000
  expect(clock.now()).toBe(start + 5000)
  wall -= 1_000_000
  expect(clock.now()).toBe(start + 5000)
  for (let minute = 0; minute < 60; minute++) {
    const before = clock.now()
    wall += 60_000
    expect(clock.now()).toBeGreaterThanOrEqual(before + 30_000)
  }
  expect(clock.now()).toBe(wall)
})
