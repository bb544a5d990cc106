import { Secret } from '@portcullis/kernel/secret'
import { describe, expect, it } from 'vitest'
import {
  findTotpStep,
  newRecoveryCode,
  newTotpSecret,
  tidyRecoveryCode,
  totpCode,
  totpStepAt,
  totpUri,
} from './totp.ts'

/** `12345678901234567890` of RFC 6238, appendix B, in base32. */
const secret = new Secret('GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ')

describe('a time-based one-time password', () => {
  // Of the eight digits of the appendix the last six.
  it.each([
    [59, '287082'],
    [1111111109, '081804'],
    [1111111111, '050471'],
    [1234567890, '005924'],
    [2000000000, '279037'],
    [20000000000, '353130'],
  ])('at %i seconds is %s (RFC 6238, appendix B)', (seconds, code) => {
    expect(totpCode(secret, totpStepAt(seconds * 1000))).toBe(code)
  })

  it('is good for a step before and after its own, and never twice', () => {
    const now = 1111111111_000
    const step = totpStepAt(now)
    for (const [at, good] of [
      [-2, false],
      [-1, true],
      [0, true],
      [1, true],
      [2, false],
    ] as const) {
      const found = findTotpStep(secret, totpCode(secret, step + at), now, 0)
      expect(found).toBe(good ? step + at : undefined)
    }
    expect(findTotpStep(secret, totpCode(secret, step), now, step)).toBeUndefined()
    expect(findTotpStep(secret, totpCode(secret, step - 1), now, step)).toBeUndefined()
    expect(findTotpStep(secret, '', now, 0)).toBeUndefined()
  })

  it('has secrets of 160 bits, each its own', () => {
    const made = new Set(Array.from({ length: 100 }, () => newTotpSecret().reveal()))
    expect(made.size).toBe(100)
    for (const each of made) expect(each).toMatch(/^[A-Z2-7]{32}$/)
  })

  it('tells authenticator apps all that they need, whatever people are called', () => {
    const uri = new URL(totpUri(secret, 'H & M: mart', 'ada+1@example.com'))
    expect(decodeURIComponent(uri.pathname)).toBe('/H & M: mart:ada+1@example.com')
    expect(uri.searchParams.get('secret')).toBe(secret.reveal())
    expect(uri.searchParams.get('issuer')).toBe('H & M: mart')
  })
})

describe('a recovery code', () => {
  it('is recognised however it was typed', () => {
    const code = newRecoveryCode().reveal()
    expect(code).toMatch(/^([A-Z2-7]{4}-){3}[A-Z2-7]{4}$/)
    for (const typed of [
      code,
      code.toLowerCase(),
      code.replaceAll('-', ''),
      ` ${code.replaceAll('-', ' ')} `,
    ]) {
      expect(tidyRecoveryCode(typed).reveal()).toBe(code)
    }
  })
})
