import { randomBytes } from 'node:crypto'
import { fingerprintOf, Secret, sameText } from '@portcullis/kernel/secret'
import { type Credential, isUsable } from '@portcullis/model/credential/credential'

/** A prefix that secret scanners can find in a repository or a log. */
const PREFIX = 'pcs_'

/** A new client secret of 256 random bits. Show it once; keep only its hash. */
export function newClientSecret(): Secret {
  return new Secret(PREFIX + randomBytes(32).toString('base64url'))
}

/**
 * The usable credential whose secret was presented, so that old and new secrets overlap while they are rotated.
 * Every credential is compared, so that time tells nothing of which one matched.
 */
export function findCredential(
  credentials: readonly Credential[],
  presented: Secret,
  nowMillis: number,
): Credential | undefined {
  const hash = fingerprintOf(presented)
  let found: Credential | undefined
  for (const credential of credentials) {
    if (sameText(credential.hash, hash) && isUsable(credential, nowMillis)) found = credential
  }
  return found
}
