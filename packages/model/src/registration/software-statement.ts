import { z } from '@portcullis/kernel/schema'
import { registrableGrant } from '../resource/registration.ts'

const text = (most: number) => z.string().min(1).max(most)

/** What somebody wants us to say of a software (RFC 7591 §2.3), for an app that registers with it. */
export const softwareClaims = z.strictObject({
  /** Its name, for people. */
  title: text(200),
  /** The same for all of its versions. */
  softwareId: text(256).optional(),
  grants: z.array(registrableGrant).min(1).max(4).default(['authorization_code', 'refresh_token']),
  redirectUris: z.array(text(2048)).max(32).default([]),
  /** Scopes that its tokens may have at most, whatever it subscribes to. */
  allowedScopes: z.array(text(256)).max(256),
  /** Audiences that its tokens may be for; those of any API when absent. */
  audience: z.array(text(2048)).min(1).max(32).optional(),
  /** How long it can be used to register: seconds, a year at most. */
  expiresInSeconds: z
    .int()
    .min(60)
    .max(366 * 86_400)
    .default(30 * 86_400),
})
export type SoftwareClaims = z.infer<typeof softwareClaims>
