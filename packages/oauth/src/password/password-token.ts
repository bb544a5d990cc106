import { randomBytes } from 'node:crypto'
import { fingerprintOf, Secret } from '@portcullis/kernel/secret'
import { passwordTokens } from '@portcullis/model/collection'
import type { PasswordToken } from '@portcullis/model/credential/credential'
import { type Change, put } from '@portcullis/ports/store/port'

/** Where a user of an issuer chooses a password, with a token behind a slash. `issuer`: its URL, or the path of that. */
export function passwordUrl(issuer: string): string {
  return `${issuer}/password`
}

/** A token of 256 random bits, and what keeps its fingerprint until then (milliseconds since the epoch). */
export function newPasswordToken(
  organization: string,
  value: PasswordToken,
  expiresAt: number,
): { readonly token: Secret; readonly change: Change } {
  const token = new Secret(randomBytes(32).toString('base64url'))
  const change = put(passwordTokens, organization, fingerprintOf(token), value, { expiresAt })
  return { token, change }
}
