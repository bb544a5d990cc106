import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { NumberReader, NumberWriter } from './number-text.ts'

const number = fc.oneof(fc.nat({ max: 100 }), fc.maxSafeNat())

function written(numbers: readonly number[]): string {
  const writer = new NumberWriter()
  for (const each of numbers) writer.write(each)
  return writer.take()
}

describe('numbers in a text', () => {
  it('are read as they were written, however many and however large', () => {
    fc.assert(
      fc.property(fc.array(number, { maxLength: 2_000, size: 'max' }), (numbers) => {
        const reader = new NumberReader(written(numbers))
        expect(numbers.map(() => reader.read())).toEqual(numbers)
        expect(reader.isAtEnd).toBe(true)
      }),
      { numRuns: 20 },
    )
  })

  it('are of characters that JSON carries as they are', () => {
    const text = written(Array.from({ length: 2_000 }, (_, i) => i))
    expect(JSON.stringify(text)).toBe(`"${text}"`)
  })

  it.each([
    ['nothing', ''],
    ['a digit that promises another', '0'],
    ['a character of neither alphabet', ' '],
    ['more than is whole for certain', `${'O'.repeat(10)}|`],
    ['digits without end', '0'.repeat(100)],
  ])('are none in %s', (_, text) => {
    expect(() => new NumberReader(text).read()).toThrow(RangeError)
  })
})
