import { Duration, isDuration } from '@portcullis/kernel/duration'
import { jsonPointer } from '@portcullis/kernel/json-pointer'
import { duration, httpUrl, z } from '@portcullis/kernel/schema'
import { everyType, signOutEnds, vaultSecret } from './every-type.ts'

const MOST_KEPT_MILLIS = 3_600_000

const text = () => z.string().min(1).max(512)

/** An OpenID provider (OpenID Connect Core). */
export const oidcProvider = z.strictObject({
  type: z.literal('oidc'),
  ...everyType,
  /** Exactly as its metadata and tokens say it. */
  issuer: httpUrl(),
  /** What we are called there. */
  clientId: text(),
  /** How we prove it: by a secret, or by signing with a key (PKCS #8, PEM). Both lie in the vault. */
  authentication: z.discriminatedUnion('by', [
    z.strictObject({ by: z.literal('secret'), secret: vaultSecret() }),
    z.strictObject({ by: z.literal('private_key_jwt'), key: vaultSecret(), kid: text().optional() }),
  ]),
  /** Asked for besides `openid`. */
  scopes: z.array(text()).max(32).default([]),
  /** Ask its UserInfo too: some tell of groups and addresses there alone. */
  userinfo: z.boolean().default(false),
  /** What it calls a sign-in with more than a password (`acr`). Without it our own second factor is asked for. */
  multiFactorAcr: text().optional(),
  /**
   * Its refresh token is kept, and before ours is good again it is asked whether it still stands by the user, unless it was
   * within this time. Needs a scope with which it gives one, such as `offline_access`.
   */
  askAgainAfter: duration().optional(),
  signOutEnds,
  /** Its access tokens may be exchanged for ours (RFC 8693), in the name of the user here whom they speak of. */
  subjectTokens: z
    .strictObject({
      /** For whom they are: audiences that apps `serves`, and may exchange from. */
      audiences: z.array(z.string().min(1).max(2048)).min(1).max(32),
    })
    .optional(),
  /** It checks the secrets of apps that say so (`checkedBy`): they are its clients, and show us what they show it. */
  clientChecks: z
    .strictObject({
      /** How it is asked, with the client's own credentials: for a token by client credentials, or about a token that there is none of. */
      by: z.enum(['token', 'introspection']).default('token'),
      /** Asked for with `token`, where it gives none without. */
      scope: text().optional(),
      /** For how long it is not asked again about a secret that it has said yes to; an hour at most. */
      keepFor: duration()
        .refine(
          (each) => !isDuration(each) || Duration.parse(each).milliseconds <= MOST_KEPT_MILLIS,
          'an hour at most',
        )
        .default('5m'),
    })
    .optional(),
  /** Where its claims are (RFC 6901). */
  claims: z
    .strictObject({
      name: jsonPointer().default('/name'),
      mail: jsonPointer().default('/email'),
      mailVerified: jsonPointer().default('/email_verified'),
      groups: jsonPointer().default('/groups'),
    })
    .prefault({}),
})
export type OidcProviderSpec = z.infer<typeof oidcProvider>
