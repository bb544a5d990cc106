import type { SecurityScheme } from '@portcullis/model/security'
import { quoted } from '../token/bearer-challenge.ts'

/** Whether a scheme's credential is a name and a password in `Authorization: Basic` (RFC 7617). */
export function isBasic(scheme: SecurityScheme): boolean {
  return scheme.type === 'http' && scheme.scheme.toLowerCase() === 'basic'
}

/** A challenge for them, in UTF-8 (RFC 7617 §2.1). */
export function basicChallenge(realm: string): string {
  return `Basic realm=${quoted(realm)}, charset="UTF-8"`
}
