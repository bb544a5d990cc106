import { z } from '@portcullis/kernel/schema'

/** What can be revoked at once: one token, or every token of a subject, an app, a grant or a browser's session. */
export const revocable = z.enum(['token', 'subject', 'client', 'grant', 'session'])
export type Revocable = z.infer<typeof revocable>

/**
 * A revocation, as gateways are told of it. It covers tokens of one issuer that were issued up to `before`; those
 * issued later are good again, so that a subject can sign in anew. Once `until` is over no token that it covers can
 * still live, and it may be forgotten.
 */
export const revocation = z.strictObject({
  /** Counted from 1 in the installation, without gaps: gateways say up to which one they have all. */
  position: z.int().min(1),
  issuer: z.string().max(2048),
  what: revocable,
  /** The token's id (`jti`), the subject, the app's `client_id`, the grant's or the session's id. */
  value: z.string().min(1).max(512),
  /** Milliseconds since the epoch. */
  before: z.int(),
  /** Milliseconds since the epoch. */
  until: z.int(),
})
export type Revocation = z.infer<typeof revocation>

/** What is known of a token that may have been revoked. */
export interface RevocableToken {
  readonly issuer: string
  /** `jti`, or whatever else names this token alone. */
  readonly id?: string | undefined
  readonly client: string
  /** The app here that it is of, where its issuer calls that otherwise: who revokes the app's tokens revokes it too. */
  readonly app?: { readonly issuer: string; readonly name: string } | undefined
  readonly subject: string
  readonly grant?: string | undefined
  readonly session?: string | undefined
  /** Milliseconds since the epoch. */
  readonly issuedAt: number
}
