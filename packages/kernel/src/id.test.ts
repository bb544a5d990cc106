import { describe, expect, it } from 'vitest'
import { newId } from './id.ts'

const NOW = Date.UTC(2026, 0, 1)

describe('newId', () => {
  it('names its kind and has no letters that are mistaken for others', () => {
    for (let i = 0; i < 1000; i++) expect(newId('dec', NOW)).toMatch(/^dec_[0-9a-hjkmnp-tv-z]{26}$/)
  })

  it('gives no id twice, past the size of its pool of randomness', () => {
    const ids = new Set(Array.from({ length: 10_000 }, () => newId('dec', NOW)))
    expect(ids.size).toBe(10_000)
  })

  it('sorts by age', () => {
    const times = [0, 1, 31, 32, 1023, NOW, NOW + 1, NOW + 86_400_000, 2 ** 49]
    const ids = times.map((time) => newId('dec', time))
    expect(ids.toSorted()).toEqual(ids)
  })
})
