import { createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto'
import { signEcdsa } from '@portcullis/kernel/ecdsa'
import type { Secret } from '@portcullis/kernel/secret'

export interface JwtSigner {
  readonly algorithm: 'ES256' | 'RS256'
  readonly publicKey: KeyObject
  /** The claims as a compact JWS (RFC 7515 §3.1). */
  sign(claims: object): string
}

const MIN_RSA_BITS = 2048

/**
 * Signs with a private key in PEM. The algorithm follows from the key.
 *
 * @throws RangeError for a key that is neither on P-256 nor RSA of at least 2048 bits: the revision is then refused.
 */
export function signingKey(secret: Secret, keyId?: string, type = 'JWT'): JwtSigner {
  const key = createPrivateKey(secret.reveal())
  const algorithm = algorithmOf(key)
  const header = encoded({ alg: algorithm, typ: type, ...(keyId !== undefined && { kid: keyId }) })
  return {
    algorithm,
    publicKey: createPublicKey(key),
    sign(claims) {
      const signed = `${header}.${encoded(claims)}`
      const data = Buffer.from(signed)
      // RFC 7518 §3.3 and §3.4.
      const signature = algorithm === 'RS256' ? sign('sha256', data, key) : signEcdsa('sha256', data, key, 64)
      return `${signed}.${signature.toString('base64url')}`
    },
  }
}

function algorithmOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): JwtSigner['algorithm'] {
  if (asymmetricKeyDetails?.namedCurve === 'prime256v1') return 'ES256'
  if (asymmetricKeyType === 'rsa' && (asymmetricKeyDetails?.modulusLength ?? 0) >= MIN_RSA_BITS)
    return 'RS256'
  throw new RangeError('a key that signs JWTs is on P-256, or RSA of at least 2048 bits')
}

function encoded(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
