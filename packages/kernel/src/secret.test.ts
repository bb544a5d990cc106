import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { fingerprintOf, Secret, sameText } from './secret.ts'

const secret = new Secret('open sesame')

describe('Secret', () => {
  it.each<[string, () => string]>([
    ['a template', () => `${secret}`],
    ['a concatenation', () => String(secret)],
    ['JSON', () => JSON.stringify({ secret })],
    ['an inspector', () => inspect({ deep: { secret } }, { depth: null, showHidden: true })],
    ['an error', () => inspect(new Error('failed', { cause: { secret } }), { depth: null })],
    ['its own keys', () => JSON.stringify(Object.entries(secret))],
    ['a copy', () => JSON.stringify({ ...secret })],
  ])('does not print itself in %s', (_, print) => {
    expect(print()).not.toContain('sesame')
  })

  it('gives its text to whoever asks for it by name', () => {
    expect(secret.reveal()).toBe('open sesame')
  })

  it('equals the same text, as a secret or not, and no other', () => {
    expect(secret.equals(new Secret('open sesame'))).toBe(true)
    expect(secret.equals('open sesame')).toBe(true)
    expect(secret.equals('open sesamf')).toBe(false)
    expect(secret.equals('open')).toBe(false)
    expect(secret.equals('')).toBe(false)
  })
})

describe('sameText', () => {
  it('compares texts of different lengths without an error', () => {
    expect(sameText('', 'a')).toBe(false)
    expect(sameText('', '')).toBe(true)
    expect(sameText('ä', 'ae')).toBe(false)
  })
})

describe('fingerprintOf', () => {
  it('is SHA-256 in base64url, the same for the same text', () => {
    // FIPS 180-2 appendix B.1: the digest of "abc".
    expect(fingerprintOf(new Secret('abc'))).toBe('ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0')
  })
})
