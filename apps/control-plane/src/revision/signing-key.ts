import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
} from 'node:crypto'
import type { RevisionKey } from '@portcullis/api-client/route/revision'
import { Secret } from '@portcullis/kernel/secret'
import { type Collection, SYSTEM } from '@portcullis/model/collection'
import type { Secrets } from '@portcullis/ports/secrets/port'
import { put, type Store, storeFaults } from '@portcullis/ports/store/port'

/** The key with which revisions are signed (Ed25519, RFC 8037). */
export interface SigningKey {
  readonly privateKey: KeyObject
  readonly publicJwk: RevisionKey
}

interface StoredKey {
  /** PKCS #8 in PEM, sealed. */
  readonly sealed: string
  readonly createdAt: string
}

const signingKeys: Collection<StoredKey> = { name: 'revision-key', index: () => ({}) }
const ID = 'current'
const CONTEXT = `${SYSTEM}/revision-key`

/** Opens the installation's key, or makes it on the first start. Of two that start at once, one key wins. */
export async function openSigningKey(store: Store, secrets: Secrets, nowMillis: number): Promise<SigningKey> {
  const stored = await store.get(signingKeys, SYSTEM, ID)
  if (stored !== undefined) return signingKey(await secrets.open(stored.value.sealed, CONTEXT))
  const { privateKey } = generateKeyPairSync('ed25519')
  const pem = new Secret(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString())
  const value = { sealed: await secrets.seal(pem, CONTEXT), createdAt: new Date(nowMillis).toISOString() }
  try {
    await store.commit([put(signingKeys, SYSTEM, ID, value, { expect: 'absent' })])
    return signingKey(pem)
  } catch (thrown) {
    if (!storeFaults.conflict.is(thrown)) throw thrown
    return openSigningKey(store, secrets, nowMillis)
  }
}

function signingKey(pem: Secret): SigningKey {
  const privateKey = createPrivateKey(pem.reveal())
  const { x } = createPublicKey(privateKey).export({ format: 'jwk' })
  if (x === undefined) throw new TypeError('the signing key is no Ed25519 key')
  // The thumbprint of RFC 7638 §3 over the members that RFC 8037 §2 demands.
  const kid = createHash('sha256')
    .update(JSON.stringify({ crv: 'Ed25519', kty: 'OKP', x }))
    .digest('base64url')
  return { privateKey, publicJwk: { kty: 'OKP', crv: 'Ed25519', x, kid, alg: 'EdDSA', use: 'sig' } }
}
