import { constants, createHmac, createPrivateKey, type KeyObject, sign } from 'node:crypto'
import { signEcdsa } from '@portcullis/kernel/ecdsa'
import type { Secret } from '@portcullis/kernel/secret'
import type { HttpSignatureConfig } from './config.ts'

type Algorithm = HttpSignatureConfig['algorithm']
export type SignBase = (base: string) => Buffer

const MIN_RSA_BITS = 2048
const MIN_HMAC_BYTES = 32
const RSA_PSS_SALT_BYTES = 64

/**
 * Signs signature bases (RFC 9421 §3.3).
 *
 * @throws RangeError for a key that is not the algorithm's, or too short.
 */
export function signerOf(algorithm: Algorithm, secret: Secret): SignBase {
  if (algorithm === 'hmac-sha256') {
    const key = Buffer.from(secret.reveal(), 'base64')
    if (key.byteLength < MIN_HMAC_BYTES) throw new RangeError('a key of hmac-sha256 has at least 32 bytes')
    return (base) => createHmac('sha256', key).update(base).digest()
  }
  const key = createPrivateKey(secret.reveal())
  if (!isFor(algorithm, key)) throw new RangeError(`the key of the signature is none for ${algorithm}`)
  return (base) => signWith(algorithm, key, Buffer.from(base))
}

function isFor(algorithm: Algorithm, { asymmetricKeyType, asymmetricKeyDetails }: KeyObject): boolean {
  switch (algorithm) {
    case 'ed25519':
      return asymmetricKeyType === 'ed25519'
    case 'ecdsa-p256-sha256':
      return asymmetricKeyDetails?.namedCurve === 'prime256v1'
    case 'ecdsa-p384-sha384':
      return asymmetricKeyDetails?.namedCurve === 'secp384r1'
    default: {
      const isRsa = asymmetricKeyType === 'rsa' || asymmetricKeyType === 'rsa-pss'
      return isRsa && (asymmetricKeyDetails?.modulusLength ?? 0) >= MIN_RSA_BITS
    }
  }
}

function signWith(algorithm: Algorithm, key: KeyObject, base: Buffer): Buffer {
  switch (algorithm) {
    case 'ecdsa-p256-sha256':
      return signEcdsa('sha256', base, key, 64)
    case 'ecdsa-p384-sha384':
      return signEcdsa('sha384', base, key, 96)
    case 'rsa-pss-sha512': {
      const padding = constants.RSA_PKCS1_PSS_PADDING
      return sign('sha512', base, { key, padding, saltLength: RSA_PSS_SALT_BYTES })
    }
    case 'rsa-v1_5-sha256':
      return sign('sha256', base, { key, padding: constants.RSA_PKCS1_PADDING })
    default:
      return sign(null, base, key)
  }
}
