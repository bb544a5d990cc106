import { expect, it } from 'vitest'
import { dateText } from './date-text.ts'

const NOW = Date.UTC(2026, 10, 22, 17, 59, 59, 990)

it('writes moments as Date does, also where they follow one another in any order', () => {
  const moments = [0, 1, 999, 1000, 7, -1, -1000, -62_135_596_800_000, 253_402_300_799_999, 8.64e15]
  const near = Array.from({ length: 40 }, (_, i) => NOW + i)
  for (const millis of [...moments, ...near, ...near.toReversed(), NOW, NOW]) {
    expect(dateText(millis)).toBe(new Date(millis).toISOString())
  }
})

it('leaves fractions of a millisecond out', () => {
  expect(dateText(NOW + 0.9)).toBe(new Date(NOW).toISOString())
})

it('refuses what is no moment', () => {
  for (const millis of [Number.NaN, Infinity, 8.64e15 + 1000]) {
    expect(() => dateText(millis)).toThrow(RangeError)
  }
})
