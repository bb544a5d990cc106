import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { openPacer } from './pacer.ts'

test('requests go at a steady rate', async () => {
  const pacer = openPacer(1_000)
  let gone = 0
  const take = (): void => {
    gone++
    pacer.whenDue(take)
  }
  pacer.whenDue(take)
  const began = performance.now()
  await sleep(100)
  pacer.stop()
  const expected = performance.now() - began
  expect(gone).toBeGreaterThan(expected * 0.5)
  expect(gone).toBeLessThanOrEqual(expected + 1)
})

test('a request for which nobody was free waits since it was due', async () => {
  const pacer = openPacer(1_000)
  await sleep(40)
  const since = await new Promise<number>((resolve) => pacer.whenDue(resolve))
  expect(performance.now() - since).toBeGreaterThan(20)
  pacer.stop()
})
