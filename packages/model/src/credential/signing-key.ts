import { z } from '@portcullis/kernel/schema'

/**
 * Algorithms with which an organization may sign its tokens (RFC 7518 §3.1, RFC 8037, RFC 9964). ML-DSA withstands quantum
 * computers; it is experimental here as it is in the runtime, and its signatures are some 4 KB long.
 */
export const signingAlgorithms = ['ES256', 'RS256', 'PS256', 'EdDSA', 'ML-DSA-65'] as const
export const signingAlgorithm = z.enum(signingAlgorithms)
export type SigningAlgorithm = z.infer<typeof signingAlgorithm>

/** A signing key as it is kept: sealed by us, or only named, where somebody else keeps it and signs. */
export type KeptSigningKey = {
  readonly kid: string
  readonly algorithm: SigningAlgorithm
  readonly stage: 'next' | 'current' | 'previous'
  /** Milliseconds since the epoch. */
  readonly publishedAt: number
  readonly since: number
} & (SealedKey | ExternalKey)

interface SealedKey {
  /** The private JWK, readable only through the secrets port. */
  readonly sealed: string
}

interface ExternalKey {
  readonly external: {
    /** By which the signer finds it. */
    readonly reference: string
    readonly publicJwk: Readonly<Record<string, string>>
  }
}

/** The keys of one algorithm of an organization. */
export interface SigningKeySet {
  readonly keys: readonly KeptSigningKey[]
  /** When an operator last asked for a new key: milliseconds since the epoch. */
  readonly demandedAt?: number
}
