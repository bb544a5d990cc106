import { createPrivateKey, createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto'
import type { KeptSigningKey, SigningAlgorithm } from '@portcullis/model/credential/signing-key'
import { type Signer, signerFaults } from '@portcullis/ports/signer/port'
import { signWith } from '@portcullis/ports/signer/sign-with'
import type { JWK } from 'jose'
import { ExternalSigningKey } from 'oidc-provider'

/** A key with which oidc-provider does not sign itself. */
class SignerKey extends ExternalSigningKey {
  readonly #publicKey: KeyObject
  readonly #sign: (data: Uint8Array) => Promise<Uint8Array>

  constructor(publicKey: KeyObject, sign: (data: Uint8Array) => Promise<Uint8Array>) {
    super()
    this.#publicKey = publicKey
    this.#sign = sign
  }

  override keyObject(): KeyObject {
    return this.#publicKey
  }

  override sign(data: Uint8Array): Promise<Uint8Array> {
    return this.#sign(data)
  }
}

/** Where the signer was taken away its keys still verify, until others have taken their place; they sign nothing. */
export function externalKey(
  { kid, algorithm, external }: Extract<KeptSigningKey, { readonly external: unknown }>,
  signer: Signer | undefined,
): ExternalSigningKey {
  const { reference, publicJwk } = external
  const publicKey = createPublicKey({ key: publicJwk as JsonWebKey, format: 'jwk' })
  const key = new SignerKey(publicKey, async (data) => {
    if (signer === undefined) {
      throw signerFaults.unavailable({ internal: `no signer is set, and "${reference}" is one of its keys` })
    }
    return signer.sign({ reference, algorithm }, data)
  })
  return Object.assign(key, { kid, alg: algorithm })
}

/** Signatures that take less time than it takes to hand them to another thread and back. */
const QUICK: ReadonlySet<SigningAlgorithm> = new Set(['ES256', 'EdDSA'])

/**
 * A key of ours. Where its signatures are quick it makes them at once, from a key that was read when it was opened; else it is
 * left to oidc-provider, whose signatures are made beside the requests.
 */
export function ownKey(jwk: JWK, kid: string, algorithm: SigningAlgorithm): JWK | ExternalSigningKey {
  if (!QUICK.has(algorithm)) return jwk
  const privateKey = createPrivateKey({ key: jwk as JsonWebKey, format: 'jwk' })
  const sign = async (data: Uint8Array) => signWith(privateKey, algorithm, data)
  return Object.assign(new SignerKey(createPublicKey(privateKey), sign), { kid, alg: algorithm })
}
