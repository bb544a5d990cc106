import { constants, type KeyObject, verify } from 'node:crypto'
import { verifyEcdsa } from '@portcullis/kernel/ecdsa'
import type { Algorithm, VerificationKey } from '@portcullis/ports/keys/port'

const MIN_RSA_BITS = 2048
/** FIPS 204, table 2. */
const ML_DSA_65_BYTES = 3309

/** How an algorithm's signatures are verified (RFC 7518 §3.3–3.5, RFC 8037 §3.1, RFC 9964), and with which keys. */
interface Scheme {
  fits(key: KeyObject): boolean
  holds(key: KeyObject, signed: Buffer, signature: Buffer): boolean
}

const schemes: Readonly<Record<Algorithm, Scheme>> = {
  ES256: ecdsa('sha256', 'prime256v1', 64),
  ES384: ecdsa('sha384', 'secp384r1', 96),
  ES512: ecdsa('sha512', 'secp521r1', 132),
  RS256: rsa('sha256'),
  RS384: rsa('sha384'),
  RS512: rsa('sha512'),
  PS256: pss('sha256', 32),
  PS384: pss('sha384', 48),
  PS512: pss('sha512', 64),
  EdDSA: {
    fits: (key) => key.asymmetricKeyType === 'ed25519',
    holds: (key, signed, signature) => signature.length === 64 && verify(null, signed, key, signature),
  },
  'ML-DSA-65': {
    fits: (key) => key.asymmetricKeyType === 'ml-dsa-65',
    holds: (key, signed, signature) =>
      signature.length === ML_DSA_65_BYTES && verify(null, signed, key, signature),
  },
}

/** R and S side by side, each of the length of the curve's order, not DER (RFC 7518 §3.4). */
function ecdsa(digest: string, curve: string, signatureBytes: number): Scheme {
  return {
    fits: (key) => key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === curve,
    holds: (key, signed, signature) =>
      signature.length === signatureBytes && verifyEcdsa(digest, signed, key, signature),
  }
}

function rsa(digest: string): Scheme {
  return {
    fits: isLongRsa,
    // The padding that an RSA key has unless something else is said. In an object with the key it would cost as much as verifying.
    holds: (key, signed, signature) => verify(digest, signed, key, signature),
  }
}

/** The salt is as long as the hash (RFC 7518 §3.5). */
function pss(digest: string, saltLength: number): Scheme {
  return {
    fits: isLongRsa,
    holds: (key, signed, signature) =>
      verify(digest, signed, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength }, signature),
  }
}

function isLongRsa(key: KeyObject): boolean {
  return key.asymmetricKeyType === 'rsa' && (key.asymmetricKeyDetails?.modulusLength ?? 0) >= MIN_RSA_BITS
}

// Asking a key for its details costs as much as looking a token's header over; the answer never changes.
const fitting = new WeakMap<VerificationKey, boolean>()

/** Whether a key is one with which its algorithm can be verified at all: public, of the type and strength demanded. */
export function isFit(key: VerificationKey): boolean {
  const known = fitting.get(key)
  if (known !== undefined) return known
  const fit = key.key.type === 'public' && schemes[key.algorithm].fits(key.key)
  fitting.set(key, fit)
  return fit
}

/** Whether the signature over these characters was made with the key's other half. */
export function holds(key: VerificationKey, signed: string, signature: Buffer): boolean {
  return schemes[key.algorithm].holds(key.key, Buffer.from(signed, 'latin1'), signature)
}
