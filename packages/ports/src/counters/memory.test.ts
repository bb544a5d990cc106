import { Fault } from '@portcullis/kernel/fault'
import { expect, it } from 'vitest'
import { manualClock } from '../clock/memory.ts'
import { countersContract } from './contract.ts'
import { openMemoryCounters } from './memory.ts'

countersContract('memory', () => {
  const clock = manualClock()
  return { counters: openMemoryCounters(clock), advance: clock.advance }
})

it('refuses a key more than there is room for, until another owes nothing', async () => {
  const clock = manualClock()
  const counters = openMemoryCounters(clock, 2)
  const once = { limit: 1, windowMillis: 1000, burst: 1 }
  await counters.take('a', once, 1)
  await counters.take('b', once, 1)
  await expect(async () => counters.take('c', once, 1)).rejects.toThrow(Fault)
  expect(await counters.take('a', once, 1)).toMatchObject({ taken: false })
  clock.advance(1001)
  expect(await counters.take('c', once, 1)).toMatchObject({ taken: true })
})
