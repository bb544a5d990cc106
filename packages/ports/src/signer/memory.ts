import { constants, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import type { SigningAlgorithm } from '@portcullis/model/credential/signing-key'
import { type Signer, signerFaults } from './port.ts'

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

function signWith(key: KeyObject, algorithm: SigningAlgorithm, data: Uint8Array): Uint8Array {
  switch (algorithm) {
    case 'ES256':
      return sign('sha256', data, { key, dsaEncoding: 'ieee-p1363' })
    case 'RS256':
      return sign('sha256', data, { key, padding: constants.RSA_PKCS1_PADDING })
    case 'PS256':
      return sign('sha256', data, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 })
    case 'EdDSA':
      return sign(null, data, key)
    default:
      throw signerFaults.unsupported({ detail: algorithm })
  }
}
