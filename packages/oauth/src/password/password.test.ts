import { Secret } from '@portcullis/kernel/secret'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  decoyPasswordHash,
  hashPassword,
  MAX_PASSWORD_BYTES,
  passwordFaults,
  verifyPassword,
} from './password.ts'
import { formatPhc, parsePhc } from './phc.ts'

describe('password', () => {
  it('accepts the password that was hashed and refuses every other', async () => {
    const hash = await hashPassword(new Secret('correct horse battery staple'))
    expect(await verifyPassword(hash, new Secret('correct horse battery staple'))).toBe(true)
    expect(await verifyPassword(hash, new Secret('correct horse battery stapl'))).toBe(false)
    expect(await verifyPassword(hash, new Secret(''))).toBe(false)
  })

  it('writes the PHC string that operators and other systems know', async () => {
    expect(await hashPassword(new Secret('x'))).toMatch(
      /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/,
    )
  })

  it('verifies a hash that another implementation of Argon2id made', async () => {
    // From the reference implementation: argon2 somesalt -id -t 2 -k 65536 -p 1, password "password".
    const reference = '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc'
    expect(await verifyPassword(reference, new Secret('password'))).toBe(true)
  })

  it('salts, so that equal passwords have different hashes', async () => {
    expect(await hashPassword(new Secret('same'))).not.toBe(await hashPassword(new Secret('same')))
  })

  it('takes a password however its accents were typed', async () => {
    expect(await verifyPassword(await hashPassword(new Secret('caf\u00e9')), new Secret('cafe\u0301'))).toBe(
      true,
    )
  })

  it('spends no work on a password that is too long', async () => {
    const long = new Secret('x'.repeat(MAX_PASSWORD_BYTES + 1))
    await expect(hashPassword(long)).rejects.toSatisfy(passwordFaults['too-long'].is)
    expect(await verifyPassword(decoyPasswordHash(), long)).toBe(false)
  })

  it('has decoys that cost as much as real hashes and that nothing opens', async () => {
    const decoy = decoyPasswordHash()
    const { memoryKibibytes, passes, lanes } = parsePhc(decoy) ?? {}
    expect({ memoryKibibytes, passes, lanes }).toEqual({ memoryKibibytes: 19_456, passes: 2, lanes: 1 })
    expect(await verifyPassword(decoy, new Secret(''))).toBe(false)
  })

  it.each([
    [
      'another variant',
      '$argon2i$v=19$m=19456,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc',
    ],
    [
      'an old version',
      '$argon2id$v=16$m=19456,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc',
    ],
    [
      'a cost of gigabytes',
      '$argon2id$v=19$m=9999999,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc',
    ],
    ['a truncated hash', '$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHQ$CTFh'],
    ['nothing', ''],
  ])('refuses a stored hash with %s', async (_, hash) => {
    await expect(verifyPassword(hash, new Secret('password'))).rejects.toSatisfy(passwordFaults.unreadable.is)
  })

  it('reads every PHC string that it writes', () => {
    const bytes = (minLength: number) =>
      fc.uint8Array({ minLength, maxLength: 64 }).map((each) => Buffer.from(each))
    const hash = fc.record({
      memoryKibibytes: fc.integer({ min: 128, max: 262_144 }),
      passes: fc.integer({ min: 1, max: 16 }),
      lanes: fc.integer({ min: 1, max: 16 }),
      salt: bytes(9),
      tag: bytes(17),
    })
    fc.assert(
      fc.property(hash, (each) => {
        expect(parsePhc(formatPhc(each))).toEqual(each)
      }),
    )
  })
})
