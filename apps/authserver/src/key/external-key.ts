import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto'
import type { KeptSigningKey } from '@portcullis/model/credential/signing-key'
import { type Signer, signerFaults } from '@portcullis/ports/signer/port'
import { ExternalSigningKey } from 'oidc-provider'

/** A key with which somebody else signs, as oidc-provider takes it. */
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
