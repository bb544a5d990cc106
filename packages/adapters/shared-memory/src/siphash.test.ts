import { expect, it } from 'vitest'
import { type Hash64, type SipKey, sipHash } from './siphash.ts'

/** The key 00 01 … 0f of the paper. */
const key: SipKey = [0x03020100, 0x07060504, 0x0b0a0908, 0x0f0e0d0c]

function hashOf(text: string, by = key): bigint {
  const out: Hash64 = { low: 0, high: 0 }
  sipHash(by, text, out)
  return (BigInt(out.high >>> 0) << 32n) | BigInt(out.low >>> 0)
}

/** Made by a plain implementation on whole 64-bit numbers, itself checked against the paper's vector and CPython's hash. */
const vectors: readonly (readonly [string, bigint])[] = [
  ['', 0xabac0158050fc4dcn],
  ['a', 0x2c9ff5d5524e4e9fn],
  ['ab', 0xeb62619547d45e8cn],
  ['abc', 0x283fd7684ca85010n],
  ['abcd', 0x67875d8cc70b800bn],
  ['abcde', 0x36dc3d36908fdbden],
  ['hmart/production/rate-limit.0:storefront', 0xc78f1522f14659een],
  ['漢字 é', 0xee0cd3eff237959fn],
  ['x'.repeat(200), 0x8e1bb6d629be0006n],
]

it.each(vectors)('is SipHash-1-3 of the UTF-16 code units of %j', (text, expected) => {
  expect(hashOf(text)).toBe(expected)
})

it('gives other hashes under another key', () => {
  const other: SipKey = [key[0] ^ 1, key[1], key[2], key[3]]
  for (const [text, hash] of vectors) expect(hashOf(text, other)).not.toBe(hash)
})
