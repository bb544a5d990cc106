import { describe, expect, it } from 'vitest'
import { apiKeyIdOf, hasGoodChecksum, newApiKey } from './api-key.ts'

describe('an API key', () => {
  it('begins with its id, which can be read out of it', () => {
    const { id, key } = newApiKey(Date.UTC(2026, 0, 1))
    expect(id).toMatch(/^pck_[0-9a-z]{26}$/)
    expect(key.reveal()).toHaveLength(89)
    expect(apiKeyIdOf(key.reveal())).toBe(id)
    expect(hasGoodChecksum(key.reveal())).toBe(true)
  })

  it('is never the same twice', () => {
    const keys = Array.from({ length: 100 }, () => newApiKey(0).key.reveal())
    expect(new Set(keys.map((key) => key.slice(31))).size).toBe(100)
  })

  it('tells a slip of the pen at any place', () => {
    const key = newApiKey(0).key.reveal()
    for (let i = 4; i < key.length; i++) {
      if (i === 30) continue
      const slipped = key.slice(0, i) + (key[i] === '7' ? '8' : '7') + key.slice(i + 1)
      expect(hasGoodChecksum(slipped)).toBe(false)
    }
  })

  it.each(['', 'pck_', 'a'.repeat(89), `pck_${'I'.repeat(26)}_${'0'.repeat(58)}`])(
    'is not what has another form: "%s"',
    (text) => expect(apiKeyIdOf(text)).toBeUndefined(),
  )

  it('is no longer than it is', () => {
    const key = newApiKey(0).key.reveal()
    for (const text of [`${key}0`, ` ${key}`, `${key}\n`, key.toUpperCase()])
      expect(apiKeyIdOf(text)).toBeUndefined()
  })
})
