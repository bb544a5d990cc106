import { describe, expect, it } from 'vitest'
import { revocationsContract } from './contract.ts'
import { openMemoryRevocations } from './memory.ts'

revocationsContract('memory', () => {
  const revocations = openMemoryRevocations({ now: Date.now })
  return { revocations, tell: (each) => revocations.add(each, each.at(-1)?.position ?? 0) }
})

describe('openMemoryRevocations', () => {
  it('forgets what can cover nothing that lives', () => {
    const hand = { now: 0 }
    const revocations = openMemoryRevocations({ now: () => hand.now })
    const one = { issuer: 'https://auth.example', what: 'token', before: 0 } as const
    revocations.add([{ ...one, position: 1, value: 'a', until: 10 }], 1)
    hand.now = 11
    revocations.add([{ ...one, position: 2, value: 'b', until: 20 }], 2)
    expect(revocations.size).toBe(1)
  })

  it('knows its position also where the last ones cover nothing any more', () => {
    const revocations = openMemoryRevocations({ now: () => 0 })
    revocations.add([], 7)
    expect(revocations.position()).toBe(7)
  })
})
