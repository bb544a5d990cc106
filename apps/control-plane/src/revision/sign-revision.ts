import { canonicalJson } from '@portcullis/kernel/json'
import type { SignedRevision } from '@portcullis/model/collection'
import { type Revision, revision } from '@portcullis/model/revision'
import { CompactSign } from 'jose'
import type { SigningKey } from './signing-key.ts'

/** The `typ` of a signed revision: nothing else that is signed with the key passes for one (RFC 8725 §3.11). */
export const REVISION_TYPE = 'portcullis-revision'

/** Signs what gateways will read, having read it as strictly as they do. */
export async function signRevision(value: Revision, key: SigningKey): Promise<SignedRevision> {
  const payload = new TextEncoder().encode(canonicalJson(revision.parse(value)))
  const jws = await new CompactSign(payload)
    .setProtectedHeader({ alg: 'EdDSA', typ: REVISION_TYPE, kid: key.publicJwk.kid })
    .sign(key.privateKey)
  return { number: value.number, publishedAt: value.publishedAt, jws }
}

/** The revision in a signed one that comes from our own store. */
export function decodeRevision(signed: SignedRevision): Revision {
  return revision.parse(payloadOf(signed))
}

/** What was signed, as it was written: by this version or by an earlier one, whose form may be another. */
export function payloadOf({ jws }: SignedRevision): unknown {
  const payload = jws.split('.')[1] ?? ''
  return JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'))
}
