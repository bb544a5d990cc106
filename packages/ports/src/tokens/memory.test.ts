import { Secret } from '@portcullis/kernel/secret'
import { expect, it } from 'vitest'
import { manualClock } from '../clock/memory.ts'
import { tokensContract } from './contract.ts'
import { openMemoryTokens } from './memory.ts'

tokensContract('memory', (clock) => openMemoryTokens({ clock }))

it('has room for so many tokens, and forgets the oldest', async () => {
  const clock = manualClock(0)
  const tokens = openMemoryTokens({ clock, capacity: 2 })
  let fetches = 0
  const fetch = async () => {
    fetches++
    return { token: new Secret('t'), fetchedAt: clock.now(), expiresAt: clock.now() + 60_000 }
  }
  for (const key of ['a', 'b', 'c', 'b', 'c']) await tokens.get(key, fetch)
  expect(fetches).toBe(3)
  await tokens.get('a', fetch)
  expect(fetches).toBe(4)
})
