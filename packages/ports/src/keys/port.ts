import type { KeyObject } from 'node:crypto'
import { defineFaults } from '@portcullis/kernel/fault'

/**
 * Keys finds the public keys with which issuers sign (JWK Sets, RFC 7517).
 *
 * A key that is known is answered at once. An unknown `kid` leads to one fetch for all who ask at that moment, and to
 * none while the last fetch is younger than a cooldown, so that made-up key ids cannot be turned into load. The last
 * good set stays in use while its issuer is away. `undefined` means that the issuer was asked, or was asked
 * just now, and has no such key. Without any set an outage rejects with `keys.unavailable`.
 */
export interface Keys {
  /** `name` is the key's id (`kid`), or what `nameOfCertificate` makes of its certificate's thumbprint. */
  find(jwksUri: string, name: string): VerificationKey | undefined | Promise<VerificationKey | undefined>
}

/** JWS algorithms (RFC 7518, RFC 8037) that are accepted. Symmetric ones and `none` are not among them. */
export const algorithms = [
  'ES256',
  'ES384',
  'ES512',
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'EdDSA',
  // Experimental, as in the runtime: withstands quantum computers (RFC 9964).
  'ML-DSA-65',
] as const
export type Algorithm = (typeof algorithms)[number]

export interface VerificationKey {
  /** The name by which it was found. */
  readonly kid: string
  /** Fixed by the key, never by a token (RFC 8725 §3.1). */
  readonly algorithm: Algorithm
  readonly key: KeyObject
}

/** The name of a key whose certificate has this SHA-256 thumbprint: `x5t#S256` of RFC 7515 §4.1.8, base64url. */
export function nameOfCertificate(thumbprint: string): string {
  return `x5t#S256:${thumbprint}`
}

export const keysFaults = defineFaults('keys', {
  unavailable: {
    status: 503,
    title: 'The keys of the token issuer cannot be reached',
    remedy: 'Try again in a moment. Operators: check that the gateway reaches the issuer’s JWK Set.',
  },
})
