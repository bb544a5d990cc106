import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compareCodePoints, prefixEnd } from './code-point-order.ts'

/** Texts dense at the borders of the code-point planes, where orders differ. */
const text = fc
  .array(fc.constantFrom('a', 'b', '\ud7ff', '\ue000', '\uffff', '\u{10000}', '\u{1f600}', '\u{10ffff}'), {
    maxLength: 5,
  })
  .map((parts) => parts.join(''))

const bytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b))

describe('code-point order', () => {
  it('is the byte order of UTF-8', () => {
    const anyText = fc.oneof(text, fc.string({ unit: 'binary' }))
    fc.assert(fc.property(anyText, anyText, (a, b) => Math.sign(compareCodePoints(a, b)) === bytes(a, b)))
  })

  it('puts characters outside the basic plane last, where UTF-16 does not', () => {
    expect(compareCodePoints('\u{1f600}', '\uffff')).toBeGreaterThan(0)
    expect('\u{1f600}' < '\uffff').toBe(true)
  })

  it('ends a prefix by a text that is well-formed, as surrogates have no place in the order', () => {
    expect(prefixEnd('a\ud7ff')).toBe('a\ue000')
    expect(prefixEnd('a\u{10ffff}')).toBe('b')
    expect(prefixEnd('\u{10ffff}')).toBeUndefined()
  })

  it('ends a prefix right behind the last text that begins with it', () => {
    fc.assert(
      fc.property(text, text, (prefix, each) => {
        const end = prefixEnd(prefix)
        const within = bytes(each, prefix) >= 0 && (end === undefined || bytes(each, end) < 0)
        return within === each.startsWith(prefix)
      }),
    )
  })
})
