import { expect, it } from 'vitest'
import { toBase32 } from './base32.ts'

it('writes five bits a character and fills up the last', () => {
  expect(toBase32(new Uint8Array([]))).toBe('')
  expect(toBase32(new Uint8Array([0xff]))).toBe('zw')
  expect(toBase32(Buffer.from('foobar'))).toBe('csqpyrk1e8')
  expect(toBase32(new Uint8Array(32).fill(255))).toBe(`${'z'.repeat(51)}g`)
})
