import { constants, createHash, type KeyObject, sign, verify } from 'node:crypto'
import { XENC } from './namespace.ts'

const MORE = 'http://www.w3.org/2001/04/xmldsig-more#'
const MORE_2007 = 'http://www.w3.org/2007/05/xmldsig-more#'

export interface SignatureMethod {
  readonly key: 'rsa' | 'ec'
  readonly digest: 'sha256' | 'sha384' | 'sha512'
  readonly padding?: 'pss'
}

/** The signatures that count (RFC 9231). Neither SHA-1 nor MD5, and no HMAC: a certificate is no secret. */
export const SIGNATURE_METHODS: ReadonlyMap<string, SignatureMethod> = new Map<string, SignatureMethod>([
  [`${MORE}rsa-sha256`, { key: 'rsa', digest: 'sha256' }],
  [`${MORE}rsa-sha384`, { key: 'rsa', digest: 'sha384' }],
  [`${MORE}rsa-sha512`, { key: 'rsa', digest: 'sha512' }],
  [`${MORE}ecdsa-sha256`, { key: 'ec', digest: 'sha256' }],
  [`${MORE}ecdsa-sha384`, { key: 'ec', digest: 'sha384' }],
  [`${MORE}ecdsa-sha512`, { key: 'ec', digest: 'sha512' }],
  [`${MORE_2007}sha256-rsa-MGF1`, { key: 'rsa', digest: 'sha256', padding: 'pss' }],
  [`${MORE_2007}sha384-rsa-MGF1`, { key: 'rsa', digest: 'sha384', padding: 'pss' }],
  [`${MORE_2007}sha512-rsa-MGF1`, { key: 'rsa', digest: 'sha512', padding: 'pss' }],
])

export const DIGEST_METHODS: ReadonlyMap<string, 'sha256' | 'sha384' | 'sha512'> = new Map([
  [`${XENC}sha256`, 'sha256'],
  [`${MORE}sha384`, 'sha384'],
  [`${XENC}sha512`, 'sha512'],
] as const)

/** Whether the key is one for the method: the kind, and long enough for it to be hard to forge. */
export function suits(key: KeyObject, method: SignatureMethod): boolean {
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0
  return method.key === 'rsa'
    ? key.asymmetricKeyType === 'rsa' && bits >= 2048
    : key.asymmetricKeyType === 'ec'
}

export function verifies(
  method: SignatureMethod,
  key: KeyObject,
  signed: Uint8Array,
  signature: Uint8Array,
): boolean {
  return suits(key, method) && verify(method.digest, signed, howOf(method, key), signature)
}

function howOf({ key: kind, padding }: SignatureMethod, key: KeyObject) {
  // RFC 9231 §2.3.6: both numbers one behind the other.
  if (kind === 'ec') return { key, dsaEncoding: 'ieee-p1363' as const }
  if (padding === undefined) return { key, padding: constants.RSA_PKCS1_PADDING }
  return { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
}

/** As xml-crypto takes them: what is listed above, and nothing else. */
export const signatureAlgorithms = Object.fromEntries(
  [...SIGNATURE_METHODS].map(([uri, method]) => [
    uri,
    class {
      getAlgorithmName = (): string => uri
      getSignature = (signed: string, key: unknown): string =>
        sign(method.digest, Buffer.from(signed), howOf(method, key as KeyObject)).toString('base64')
      verifySignature = (signed: string, key: unknown, signature: string): boolean =>
        verifies(method, key as KeyObject, Buffer.from(signed), Buffer.from(signature, 'base64'))
    },
  ]),
)

export const hashAlgorithms = Object.fromEntries(
  [...DIGEST_METHODS].map(([uri, digest]) => [
    uri,
    class {
      getAlgorithmName = (): string => uri
      getHash = (text: string): string => createHash(digest).update(text).digest('base64')
    },
  ]),
)
