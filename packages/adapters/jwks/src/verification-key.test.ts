import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import { newKey } from '@portcullis/ports/keys/contract'
import { describe, expect, it } from 'vitest'
import { jwkOf } from './issuer-server.ts'
import { verificationKeyOf } from './verification-key.ts'

const ec = jwkOf(newKey('k', 'ES256'))
const rsa = jwkOf(newKey('k', 'RS256'))
const ed = jwkOf(newKey('k', 'EdDSA'))
const without = (jwk: object, member: string) =>
  Object.fromEntries(Object.entries(jwk).filter(([name]) => name !== member))
const exported = (kind: 'ec' | 'rsa' | 'ed25519') => {
  if (kind === 'ec')
    return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' })
  if (kind === 'rsa')
    return generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' })
  return generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' })
}
const rsaOf = (modulusLength: number, publicExponent = 65537) => ({
  ...generateKeyPairSync('rsa', { modulusLength, publicExponent }).publicKey.export({ format: 'jwk' }),
  kid: 'k',
})
const curve = (namedCurve: string) => ({
  ...generateKeyPairSync('ec', { namedCurve }).publicKey.export({ format: 'jwk' }),
  kid: 'k',
})

describe('a JWK is a key of the algorithm that it names', () => {
  it.each([
    ['P-256', ec, 'ES256'],
    ['P-256 without alg', without(ec, 'alg'), 'ES256'],
    ['P-384', curve('P-384'), 'ES384'],
    ['P-521', curve('P-521'), 'ES512'],
    ['RSA for RS256', rsa, 'RS256'],
    ['RSA for RS512', { ...rsa, alg: 'RS512' }, 'RS512'],
    ['RSA for PS256', { ...rsa, alg: 'PS256' }, 'PS256'],
    ['RSA without alg', without(rsa, 'alg'), 'RS256'],
    ['Ed25519', ed, 'EdDSA'],
    ['Ed25519 by its name of RFC 9864', { ...ed, alg: 'Ed25519' }, 'EdDSA'],
    ['Ed25519 without alg', without(ed, 'alg'), 'EdDSA'],
    ['without use', without(ec, 'use'), 'ES256'],
    ['with key_ops', { ...ec, key_ops: ['verify'] }, 'ES256'],
    ['with members that nobody knows', { ...ec, x5c: ['…'], iat: 1, issuer: { a: 1 } }, 'ES256'],
    ['RSA of 3072 bits with the exponent 3', rsaOf(3072, 3), 'RS256'],
  ])('%s', (_, jwk, algorithm) => {
    expect(verificationKeyOf(jwk)).toMatchObject({ kid: 'k', algorithm, key: { type: 'public' } })
  })

  it('gives the key itself', () => {
    const found = verificationKeyOf(rsa)
    expect('key' in found && found.key.equals(createPublicKey({ key: rsa, format: 'jwk' }))).toBe(true)
  })
})

describe('a JWK is refused', () => {
  it.each<[string, unknown, string]>([
    ['a private EC key', { ...exported('ec'), kid: 'k' }, 'private'],
    ['a private RSA key', { ...exported('rsa'), kid: 'k' }, 'private'],
    ['a private Ed25519 key', { ...exported('ed25519'), kid: 'k' }, 'private'],
    ['a symmetric key', { kty: 'oct', kid: 'k', k: 'c2VjcmV0', alg: 'HS256' }, 'symmetric'],
    ['a public key with a symmetric part', { ...rsa, k: 'c2VjcmV0' }, 'symmetric'],
    ['an RSA key that asks for HS256', { ...rsa, alg: 'HS256' }, 'alg'],
    ['an RSA key that asks for none', { ...rsa, alg: 'none' }, 'alg'],
    ['an RSA key that asks for what objects inherit', { ...rsa, alg: 'constructor' }, 'alg'],
    ['a P-384 key that asks for ES256', { ...curve('P-384'), alg: 'ES256' }, 'alg'],
    ['an RSA key that asks for ES256', { ...rsa, alg: 'ES256' }, 'alg'],
    ['an EC key that asks for RS256', { ...ec, alg: 'RS256' }, 'alg'],
    ['an RSA key for encryption by its alg', { ...rsa, alg: 'RSA-OAEP' }, 'alg'],
    ['a key for encryption', { ...ec, use: 'enc' }, 'use'],
    ['a key for other operations', { ...ec, key_ops: ['encrypt', 'sign'] }, 'key_ops'],
    ['a key for no operation', { ...ec, key_ops: [] }, 'key_ops'],
    ['secp256k1', curve('secp256k1'), 'not accepted'],
    [
      'X25519',
      { ...generateKeyPairSync('x25519').publicKey.export({ format: 'jwk' }), kid: 'k' },
      'not accepted',
    ],
    ['an unknown kty', { ...ec, kty: 'AKP' }, 'not accepted'],
    ['a curve that does not go with its kty', { ...ed, crv: 'P-256' }, 'not accepted'],
    ['RSA of 1024 bits', rsaOf(1024), '1024 bits'],
    ['RSA of 2040 bits', rsaOf(2040), '2040 bits'],
    ['RSA of 16384 bits', { ...rsa, n: Buffer.alloc(2048, 0xff).toString('base64url') }, '16384 bits'],
    ['RSA with the exponent 1', { ...rsa, e: 'AQ' }, 'exponent'],
    ['RSA with an even exponent', { ...rsa, e: 'BA' }, 'exponent'],
    ['RSA with a huge exponent', { ...rsa, e: Buffer.alloc(200, 0xff).toString('base64url') }, 'exponent'],
    ['a point that is not on the curve', { ...ec, y: ec.x }, 'make no key'],
    ['a point without y', without(ec, 'y'), 'make no key'],
    ['coordinates that are numbers', { ...ec, x: 1 }, 'make no key'],
    ['RSA without a modulus', without(rsa, 'n'), 'make no key'],
    ['Ed25519 of 31 bytes', { ...ed, x: Buffer.alloc(31, 1).toString('base64url') }, 'make no key'],
    ['a key without kid', without(ec, 'kid'), 'no JWK'],
    ['an empty kid', { ...ec, kid: '' }, 'no JWK'],
    ['a kid that is a number', { ...ec, kid: 1 }, 'no JWK'],
    ['a kid without end', { ...ec, kid: 'k'.repeat(257) }, 'no JWK'],
    ['key_ops that is a text', { ...ec, key_ops: 'verify' }, 'no JWK'],
    ['null', null, 'no JWK'],
    ['a list', [ec], 'no JWK'],
    ['a text', 'key', 'no JWK'],
  ])('%s', (_, jwk, reason) => {
    const found = verificationKeyOf(jwk)
    expect('reason' in found && found.reason).toContain(reason)
  })
})
