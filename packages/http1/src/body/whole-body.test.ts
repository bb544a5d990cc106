import { expect, test } from 'vitest'
import { WholeBody } from './whole-body.ts'

const every = Buffer.from(Array.from({ length: 256 }, (_, i) => i))

test.each([256, 100_000])(
  'keeps every byte, whatever becomes of the memory it was read from: %i bytes',
  (size) => {
    const lent = Buffer.alloc(size + 2, every)
    const content = Buffer.from(lent.subarray(1, size + 1))
    const whole = new WholeBody(lent.subarray(1, size + 1))
    lent.fill(0)
    expect(whole.byteLength).toBe(size)
    expect(Buffer.from(whole.bytes)).toEqual(content)
    expect(whole.bytes).toBe(whole.bytes)
  },
)

test('is no text any more once somebody was given the bytes, who may change them', () => {
  const whole = new WholeBody(every)
  expect(Buffer.from(whole.text ?? '', 'latin1')).toEqual(every)
  whole.bytes[0] = 7
  expect(whole.text).toBeUndefined()
  expect(whole.bytes[0]).toBe(7)
})
