import { issuesOf } from '@portcullis/kernel/schema'
import { type Revision, revision } from '@portcullis/model/revision'
import { type CryptoKey, compactVerify, importJWK, type JWK } from 'jose'
import { revisionFaults } from '../fault.ts'

/** Turns a signed revision into one to be trusted, or rejects with a fault of `revision.*`. */
export type VerifyRevision = (jws: string) => Promise<Revision>

const TYPE = 'portcullis-revision'

/**
 * Verifies with this key and no other (RFC 8725 §3.1): the signature, the type that keeps our other signed texts
 * from passing for a revision (§3.11), and the strict shape. Throws a `TypeError` for a key that is not Ed25519.
 */
export async function revisionVerifier(publicKey: JWK): Promise<VerifyRevision> {
  if (publicKey.kty !== 'OKP' || publicKey.crv !== 'Ed25519' || publicKey.d !== undefined) {
    throw new TypeError('the key of revisions is a public Ed25519 key (RFC 8037)')
  }
  const { kty, crv, x } = publicKey
  const key = (await importJWK({ kty, crv, ...(x !== undefined && { x }) }, 'EdDSA')) as CryptoKey
  return async (jws) => contentOf(await payloadOf(jws, key))
}

async function payloadOf(jws: string, key: CryptoKey): Promise<Uint8Array> {
  try {
    const { payload, protectedHeader } = await compactVerify(jws, key, { algorithms: ['EdDSA'] })
    if (protectedHeader.typ === TYPE) return payload
  } catch (cause) {
    throw revisionFaults['bad-signature']({ cause })
  }
  throw revisionFaults['bad-signature']({ detail: `Its type is not "${TYPE}".` })
}

function contentOf(payload: Uint8Array): Revision {
  const content: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload))
  const read = revision.safeParse(content)
  if (read.success) return read.data
  const told = issuesOf(revision, content)
    .slice(0, 5)
    .map((issue) => `${issue.path} ${issue.message}`)
  throw revisionFaults['bad-content']({ detail: told.join('; ') })
}
