import { createHash, X509Certificate } from 'node:crypto'
import { newKey } from '@portcullis/ports/keys/contract'
import { nameOfCertificate } from '@portcullis/ports/keys/port'
import { describe, expect, it } from 'vitest'
import { jwkOf } from './issuer-server.ts'
import { readKeySet } from './key-set.ts'

/** Of a key on P-256 that nobody has kept. */
const CERTIFICATE =
  'MIIBijCCAS+gAwIBAgIUYQjJJuopdcHn8t5OsVzbNlbIrR8wCgYIKoZIzj0EAwIwGTEXMBUGA1UEAwwOaXNzdWVyLmV4YW1wbGUwIBcNMjYxMTIyMDc1MTA4WhgPMjEyNjEwMjkwNzUxMDhaMBkxFzAVBgNVBAMMDmlzc3Vlci5leGFtcGxlMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEsYXUyYq6rJ1fcFFdclKeR7dvZH3Y8Nyu/1fB/KG1B6e4S3qqUduvkwWA4At1F8G46nwgo+GGZpBLterEF+zCT6NTMFEwHQYDVR0OBBYEFC8P+d+onoFcCvvfRdFuywcrjGcAMB8GA1UdIwQYMBaAFC8P+d+onoFcCvvfRdFuywcrjGcAMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSQAwRgIhANLBC6b7Fjm75+08pMx7RQwXmZstKuMjiYl56n9xoOJIAiEArNfEcAg0jwAZ3nEEYoqnQBmtMtNQn6loIR64N527qd0='
const der = Buffer.from(CERTIFICATE, 'base64')
const thumbprint = createHash('sha256').update(der).digest('base64url')
const jwk = { ...new X509Certificate(der).publicKey.export({ format: 'jwk' }), kid: 'one' }
const byCertificate = nameOfCertificate(thumbprint)
const read = (...keys: object[]) => readKeySet(JSON.stringify({ keys }), 10)

describe('a key of a set is found by its certificate', () => {
  it.each([
    ['that it carries', { ...jwk, x5c: [CERTIFICATE] }],
    ['whose thumbprint it tells', { ...jwk, 'x5t#S256': thumbprint }],
    ['where both agree', { ...jwk, x5c: [CERTIFICATE], 'x5t#S256': thumbprint }],
  ])('%s', (_, key) => {
    const { keys, refused } = read(key)
    expect(refused).toEqual([])
    expect(keys.get(byCertificate)).toMatchObject({ kid: byCertificate, algorithm: 'ES256' })
    expect(keys.get('one')).toMatchObject({ kid: 'one' })
  })

  it('and not where it is none that can be read', () => {
    const { keys } = read({ ...jwk, x5c: ['…'] }, { ...jwk, kid: 'two', 'x5t#S256': 'short' })
    expect([...keys.keys()]).toEqual(['one', 'two'])
  })

  it('and only the first of two that say they have the same', () => {
    const { keys } = read({ ...jwk, 'x5t#S256': thumbprint }, { ...other, 'x5t#S256': thumbprint })
    expect(keys.get(byCertificate)?.key.equals(newKeyOf(jwk))).toBe(true)
  })
})

const other = jwkOf(newKey('other', 'ES256'))
const newKeyOf = (key: object) => {
  const found = read(key).keys.get('one')
  if (found === undefined) throw new RangeError('no key')
  return found.key
}

describe('a key of a set is left out', () => {
  it('whose certificate is for another key (RFC 7517 §4.7)', () => {
    const { keys, refused } = read({ ...other, x5c: [CERTIFICATE] })
    expect(keys.size).toBe(0)
    expect(refused).toEqual([{ kid: 'other', reason: 'its certificate is for another key' }])
  })

  it('whose thumbprint is that of another certificate', () => {
    const { keys, refused } = read({ ...jwk, x5c: [CERTIFICATE], 'x5t#S256': 'c'.repeat(43) })
    expect(keys.size).toBe(0)
    expect(refused[0]?.reason).toContain('x5t#S256')
  })
})
