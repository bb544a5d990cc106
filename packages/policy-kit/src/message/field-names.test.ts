import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FieldNames, isReadAlike, isSameName } from './field-names.ts'
import { HeaderList } from './header-list.ts'
import { readName } from './read-name.ts'

describe('names of fields', () => {
  test('are the same whatever the case of their letters, and no others are', () => {
    // Pairs of characters that differ by the bit that tells the case of letters.
    const near = fc.string({ unit: fc.constantFrom(...'aA^~_`|@zZ-0'), maxLength: 3 })
    fc.assert(
      fc.property(near, near, (a, b) => {
        expect(isSameName(a, b)).toBe(a.toLowerCase() === b.toLowerCase())
        expect(isReadAlike(`x${a}`, `X${b}`)).toBe(readName(a) === readName(b))
      }),
    )
  })

  test('are found in any spelling, however long', () => {
    const long = 'X-'.padEnd(34, 'a')
    const names = new FieldNames(['Cookie', long])
    expect(
      ['cookie', 'COOKIE', long.toUpperCase(), long.replace('-', '_')].map((each) => names.has(each)),
    ).not.toContain(false)
    expect(['cooked', 'X-', 'x', 'cookies'].map((each) => names.has(each))).not.toContain(true)
  })

  test('are left out of a copy, every time that they come', () => {
    const headers = new HeaderList(['A', '1', 'b', '2', 'a', '3', 'C', '4'])
    expect(headers.copyWithout(new FieldNames(['A', 'c'])).flat()).toEqual(['b', '2'])
    expect(headers.flat()).toHaveLength(8)
  })
})
