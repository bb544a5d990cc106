/** A client secret of an app. The secret itself is shown once, when issued, and kept only as a hash. */
export interface Credential {
  readonly id: string
  readonly app: string
  /** SHA-256 of the secret, base64url. Our secrets carry 256 random bits, so a slow hash would protect nothing more. */
  readonly hash: string
  readonly issuedAt: string
  readonly expiresAt?: string
  readonly revokedAt?: string
}

/** Whether a credential may be used at this time (milliseconds since the epoch). */
export function isUsable(credential: Credential, nowMillis: number): boolean {
  if (credential.revokedAt !== undefined) return false
  return credential.expiresAt === undefined || Date.parse(credential.expiresAt) > nowMillis
}

/** A user's password, as a PHC string of Argon2id. */
export interface Password {
  readonly user: string
  readonly hash: string
  readonly changedAt: string
}

/** What apps must know of a user to ask them on another device, as a PHC string of Argon2id. */
export type UserCode = Password

/** What a link in a mail is good for, once: to choose a password. The token itself is in the mail alone. */
export interface PasswordToken {
  readonly user: string
  readonly purpose: 'recovery' | 'invitation'
  /** Fingerprint of what the browser has that asked for it: the link opens in no other. An invitation has none. */
  readonly browser?: string
}
