import { constants, createPublicKey, verify } from 'node:crypto'
import type { SigningAlgorithm } from '@portcullis/model/credential/signing-key'
import { describe, expect, it } from 'vitest'
import { type Signer, signerFaults } from './port.ts'

const data = new TextEncoder().encode('eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhZGEifQ')

/** What each algorithm asks of `verify` beside the key. */
const checks: Partial<Record<SigningAlgorithm, { hash: string | null; options: object }>> = {
  ES256: { hash: 'sha256', options: { dsaEncoding: 'ieee-p1363' } },
  RS256: { hash: 'sha256', options: { padding: constants.RSA_PKCS1_PADDING } },
  // RFC 7518 §3.5: the salt is as long as the hash.
  PS256: { hash: 'sha256', options: { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 } },
  EdDSA: { hash: null, options: {} },
}

/** What everybody guarantees who signs with keys of their own. */
export function signerContract(
  name: string,
  open: () => Signer | Promise<Signer>,
  algorithms: readonly (keyof typeof checks)[] = ['ES256', 'RS256', 'PS256', 'EdDSA'],
): void {
  describe(`signer contract: ${name}`, () => {
    it.each(algorithms)('signs by %s, and its public key says so', async (algorithm) => {
      const signer = await open()
      const key = await signer.makeKey(algorithm, 'hmart')
      const { hash, options } = checks[algorithm] ?? { hash: null, options: {} }
      const publicKey = createPublicKey({ key: key.publicJwk, format: 'jwk' })
      const signature = await signer.sign(key, data)
      const isGood = (signed: Uint8Array) => verify(hash, signed, { key: publicKey, ...options }, signature)
      expect(isGood(data)).toBe(true)
      expect(isGood(data.slice(1))).toBe(false)
      expect(Object.keys(key.publicJwk)).not.toContain('d')
      if (algorithm === 'RS256')
        expect(publicKey.asymmetricKeyDetails?.modulusLength).toBeGreaterThanOrEqual(3072)
    })

    it('makes another key each time', async () => {
      const signer = await open()
      const keys = await Promise.all([signer.makeKey('ES256', 'hmart'), signer.makeKey('ES256', 'hmart')])
      expect(new Set(keys.map(({ reference }) => reference)).size).toBe(2)
      expect(new Set(keys.map(({ publicJwk }) => publicJwk.x)).size).toBe(2)
    })

    it('signs with no key that it does not know', async () => {
      const signer = await open()
      const key = { reference: 'nobody-made-this', algorithm: 'ES256' } as const
      await expect(signer.sign(key, data)).rejects.toSatisfy((thrown) =>
        signerFaults['unknown-key'].is(thrown),
      )
    })
  })
}
