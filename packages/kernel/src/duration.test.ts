import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Duration, isDuration } from './duration.ts'

describe('Duration', () => {
  it.each([
    ['250ms', 250],
    ['30s', 30_000],
    ['5m', 300_000],
    ['1h', 3_600_000],
    ['7d', 604_800_000],
    ['0s', 0],
  ])('reads %s as %d milliseconds', (text, milliseconds) => {
    expect(Duration.parse(text).milliseconds).toBe(milliseconds)
  })

  it.each([
    '',
    's',
    '5',
    '5 s',
    '-5s',
    '+5s',
    '1.5h',
    '5S',
    '5w',
    '1e3s',
    '٥s',
    '5s ',
    '9999999999999s',
    '9999999999999ms',
    '0x5s',
  ])('refuses "%s"', (text) => {
    expect(isDuration(text)).toBe(false)
    expect(() => Duration.parse(text)).toThrow(RangeError)
  })

  it('refuses what milliseconds can no longer count exactly', () => {
    expect(isDuration('999999999999d')).toBe(false)
  })

  it('refuses a negative or broken number of milliseconds', () => {
    for (const wrong of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => Duration.ofMilliseconds(wrong)).toThrow(RangeError)
    }
  })

  it('quotes no more than the beginning of what it refuses', () => {
    expect(() => Duration.parse('x'.repeat(10_000))).toThrow(/^"x{40}" is no duration/)
  })

  it('is written with the largest unit that is whole', () => {
    expect(String(Duration.ofMilliseconds(90_000))).toBe('90s')
    expect(String(Duration.ofMilliseconds(86_400_000))).toBe('1d')
    expect(JSON.stringify(Duration.ofMilliseconds(1500))).toBe('"1500ms"')
  })

  it('reads back what it writes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 999_999_999_999 }), (milliseconds) => {
        const written = Duration.ofMilliseconds(milliseconds).toString()
        expect(Duration.parse(written).milliseconds).toBe(milliseconds)
      }),
    )
  })
})
