import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import type { SigningAlgorithm } from '@portcullis/model/credential/signing-key'
import { type Signer, signerFaults } from './port.ts'
import { signWith } from './sign-with.ts'

/** Keys that live as long as this object. */
export function openMemorySigner(): Signer {
  const keys = new Map<string, KeyObject>()
  return {
    async makeKey(algorithm, purpose) {
      const { publicKey, privateKey } = pairOf(algorithm)
      const reference = `${purpose}-${keys.size + 1}`
      keys.set(reference, privateKey)
      return {
        reference,
        algorithm,
        publicJwk: publicKey.export({ format: 'jwk' }) as Record<string, string>,
      }
    },
    async sign({ reference, algorithm }, data) {
      const key = keys.get(reference)
      if (key === undefined) throw signerFaults['unknown-key']({ internal: reference })
      return signWith(key, algorithm, data)
    },
  }
}

/** Faults: `signer.unsupported`. */
function pairOf(algorithm: SigningAlgorithm): { publicKey: KeyObject; privateKey: KeyObject } {
  switch (algorithm) {
    case 'ES256':
      return generateKeyPairSync('ec', { namedCurve: 'P-256' })
    case 'RS256':
    case 'PS256':
      return generateKeyPairSync('rsa', { modulusLength: 3072 })
    case 'EdDSA':
      return generateKeyPairSync('ed25519')
    default:
      throw signerFaults.unsupported({ detail: algorithm })
  }
}
