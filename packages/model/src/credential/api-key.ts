import { z } from '@portcullis/kernel/schema'

/**
 * An API key of an app, as gateways are told of it. The key itself is shown once, when it is issued, and kept only as
 * a hash.
 */
export const apiKey = z.strictObject({
  /** Counted from 1 in the installation. A key that changes takes a new position and leaves its old one. */
  position: z.int().min(1),
  id: z.string().min(1).max(64),
  organization: z.string().min(1).max(64),
  app: z.string().min(1).max(64),
  /** SHA-256 of the key, base64url. Keys carry 256 random bits, so a slow hash would protect nothing more. */
  hash: z.string().length(43),
  /** Milliseconds since the epoch, as all that follow. */
  issuedAt: z.int(),
  expiresAt: z.int().optional(),
  revokedAt: z.int().optional(),
})
export type ApiKey = z.infer<typeof apiKey>

export type ApiKeyState = 'usable' | 'expired' | 'revoked'

export function stateOfApiKey({ expiresAt, revokedAt }: ApiKey, nowMillis: number): ApiKeyState {
  if (revokedAt !== undefined) return 'revoked'
  return expiresAt !== undefined && expiresAt <= nowMillis ? 'expired' : 'usable'
}
