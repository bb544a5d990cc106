import { expect, test } from 'vitest'
import { isFieldValue } from './field-value.ts'

/** RFC 9110 §5.5, letter by letter. */
function isAllowed(code: number): boolean {
  return code === 9 || (code >= 32 && code !== 127 && code <= 255)
}

test.each([1, 2, 63, 64, 65, 66, 67, 68, 4_095, 4_096, 4_097, 9_000])(
  'a value of %i characters holds what a field can hold, wherever in it another one stands',
  (length) => {
    const plain = 'x'.repeat(length)
    expect(isFieldValue(plain)).toBe(true)
    // Above a byte, too: cut to one, U+010A and U+0D0D would be LF and CR.
    const codes = [...Array(256).keys(), 0x100, 0x10a, 0x10d, 0x120, 0xd0d, 0x2028, 0xffff]
    for (const at of new Set([0, 1, 2, 3, length - 4, length - 3, length - 2, length - 1])) {
      if (at < 0 || at >= length) continue
      for (const code of codes) {
        const value = plain.slice(0, at) + String.fromCharCode(code) + plain.slice(at + 1)
        if (isFieldValue(value) !== isAllowed(code)) expect.fail(`U+${code.toString(16)} at ${at}`)
      }
    }
  },
)

test('a value is judged by itself, whatever was judged before', () => {
  expect(isFieldValue(`${'x'.repeat(100)}\r\n`)).toBe(false)
  expect(isFieldValue('x'.repeat(99))).toBe(true)
  expect(isFieldValue('x'.repeat(97))).toBe(true)
})
