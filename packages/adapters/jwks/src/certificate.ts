import { createHash, type KeyObject, X509Certificate } from 'node:crypto'

const MAX_CHARACTERS = 16_384

/** What a JWK says of the certificate of its key (RFC 7517 §4.7, §4.9). */
export type CertificateOfKey =
  /** SHA-256 of its DER in base64url: by this a token can name the key (`x5t#S256`). */
  { readonly thumbprint: string } | { readonly reason: string } | undefined

/** A certificate that can't be read is as if it were not there: the key stands for itself, under its kid. */
export function certificateOf(jwk: object, key: KeyObject): CertificateOfKey {
  const { x5c, 'x5t#S256': told } = jwk as { readonly x5c?: unknown; readonly 'x5t#S256'?: unknown }
  const der = Array.isArray(x5c) ? derOf(x5c[0]) : undefined
  if (der === undefined) {
    return typeof told === 'string' && /^[A-Za-z0-9_-]{43}$/.test(told) ? { thumbprint: told } : undefined
  }
  const thumbprint = createHash('sha256').update(der.raw).digest('base64url')
  if (!der.publicKey.equals(key)) return { reason: 'its certificate is for another key' }
  if (told !== undefined && told !== thumbprint) {
    return { reason: 'its x5t#S256 is that of another certificate' }
  }
  return { thumbprint }
}

/** `x5c` is base64, not base64url (RFC 7517 §4.7). */
function derOf(text: unknown): X509Certificate | undefined {
  if (typeof text !== 'string' || text.length > MAX_CHARACTERS) return undefined
  try {
    return new X509Certificate(Buffer.from(text, 'base64'))
  } catch {
    return undefined
  }
}
