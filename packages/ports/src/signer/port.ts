import { defineFaults } from '@portcullis/kernel/fault'
import type { SigningAlgorithm } from '@portcullis/model/credential/signing-key'

/**
 * A signer makes keys and signs with them, and gives no private key away: a hardware module, or a service before one.
 *
 * When `makeKey` resolves, the key can sign, and is found again by its reference as long as the signer keeps it. An outage
 * rejects with `signer.unavailable`, a key that is not there (any more) with `signer.unknown-key`, an algorithm that the
 * signer has not got with `signer.unsupported`.
 */
export interface Signer {
  /** `purpose` is for people who look at the signer's keys. */
  makeKey(algorithm: SigningAlgorithm, purpose: string): Promise<SignerKey>
  /** A signature as JWS has it (RFC 7515): of ECDSA r and s side by side (RFC 7518 §3.4). */
  sign(key: Pick<SignerKey, 'reference' | 'algorithm'>, data: Uint8Array): Promise<Uint8Array>
}

export interface SignerKey {
  /** By which the signer finds it. */
  readonly reference: string
  readonly algorithm: SigningAlgorithm
  /** Its public half (RFC 7517), without `kid`, `alg` and `use`. */
  readonly publicJwk: Readonly<Record<string, string>>
}

export const signerFaults = defineFaults('signer', {
  unavailable: {
    status: 503,
    title: 'The engine that signs does not answer',
    remedy:
      'Try again in a moment. Operators: PORTCULLIS_SIGNER_URL names it; the log says what it answered.',
  },
  unsupported: {
    status: 400,
    title: 'The engine that signs has not got this algorithm',
    remedy: 'Choose another among the signing algorithms of the organization.',
  },
  'unknown-key': {
    status: 503,
    title: 'The engine that signs has not got this key',
    remedy:
      'Operators: bring the key back, or take it out with `portcullis keys remove`, so that another is made.',
  },
})
