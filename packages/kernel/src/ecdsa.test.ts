import { generateKeyPairSync, sign, verify } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { signEcdsa, verifyEcdsa } from './ecdsa.ts'

const curves = [
  { curve: 'P-256', digest: 'sha256', bytes: 64 },
  { curve: 'P-384', digest: 'sha384', bytes: 96 },
  { curve: 'P-521', digest: 'sha512', bytes: 132 },
] as const

describe.each(curves)('ECDSA on $curve with both numbers side by side', ({ curve, digest, bytes }) => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: curve })
  const dsaEncoding = 'ieee-p1363' as const
  // Every other number needs a zero in front.
  const texts = Array.from({ length: 20 }, (_, i) => Buffer.from(`text ${i}`))

  it('signs as Node does', () => {
    for (const text of texts) {
      const signature = signEcdsa(digest, text, privateKey, bytes)
      expect(signature).toHaveLength(bytes)
      expect(verify(digest, text, { key: publicKey, dsaEncoding }, signature)).toBe(true)
    }
  })

  it('verifies what Node signs, and nothing else', () => {
    for (const text of texts) {
      const signature = sign(digest, text, { key: privateKey, dsaEncoding })
      expect(verifyEcdsa(digest, text, publicKey, signature)).toBe(true)
      expect(verifyEcdsa(digest, Buffer.concat([text, text]), publicKey, signature)).toBe(false)
      signature[bytes - 1] = (signature[bytes - 1] as number) ^ 1
      expect(verifyEcdsa(digest, text, publicKey, signature)).toBe(false)
    }
  })

  it.each([
    ['zeros', 0],
    ['ones', 1],
    ['the largest numbers', 0xff],
  ])('holds no signature of %s for good', (_, byte) => {
    expect(verifyEcdsa(digest, Buffer.from('text'), publicKey, Buffer.alloc(bytes, byte))).toBe(false)
  })
})

it('shortens numbers that begin with zeros, as DER demands', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  let shortened = 0
  for (let i = 0; shortened < 2; i++) {
    const text = Buffer.from(`text ${i}`)
    const signature = signEcdsa('sha256', text, privateKey, 64)
    if (signature[0] !== 0 && signature[32] !== 0) continue
    shortened++
    expect(verifyEcdsa('sha256', text, publicKey, signature)).toBe(true)
  }
})
