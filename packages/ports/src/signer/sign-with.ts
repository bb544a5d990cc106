import { constants, type KeyObject, sign } from 'node:crypto'
import { signEcdsa } from '@portcullis/kernel/ecdsa'
import type { SigningAlgorithm } from '@portcullis/model/credential/signing-key'
import { signerFaults } from './port.ts'

/** A signature as JWS has it (RFC 7518 §3.3–3.5, RFC 8037 §3.1). Fault: `signer.unsupported`. */
export function signWith(key: KeyObject, algorithm: SigningAlgorithm, data: Uint8Array): Uint8Array {
  switch (algorithm) {
    case 'ES256':
      return signEcdsa('sha256', data, key, 64)
    case 'RS256':
      // An RSA key is padded by RFC 8017 §8.2 unless something else is said.
      return sign('sha256', data, key)
    case 'PS256':
      return sign('sha256', data, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 })
    case 'EdDSA':
      return sign(null, data, key)
    default:
      throw signerFaults.unsupported({ detail: algorithm })
  }
}
