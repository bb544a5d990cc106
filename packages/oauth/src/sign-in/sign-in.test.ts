import { manualClock } from '@portcullis/ports/clock/memory'
import { openMemoryCounters } from '@portcullis/ports/counters/memory'
import { expect, it } from 'vitest'
import { countSignInsWith } from './sign-in.ts'

it('guesses at one account of a directory are counted together, however its name is written', async () => {
  const count = countSignInsWith(openMemoryCounters(manualClock(0)))
  const ways = ['ada', 'Ada', 'aDa', 'adA', 'ADa', 'aDA', 'AdA', 'ADA', ' ada', 'ada\u00AD']
  for (const name of ways) expect(await count('hmart', `office ${name}`, '192.0.2.1')).toBe(0)
  expect(await count('hmart', 'office a\u200Bda', '192.0.2.1')).toBeGreaterThan(0)
  expect(await count('hmart', 'office ida', '192.0.2.1')).toBe(0)
})
