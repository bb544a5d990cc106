import { duration, httpUrl, name, z } from '@portcullis/kernel/schema'
import { approvers } from '../approval/approval.ts'
import { signingAlgorithm, signingAlgorithms } from '../credential/signing-key.ts'
import { isLoopback } from '../loopback.ts'
import { registrationRule, statementIssuer } from './registration.ts'
import { stage } from './stage.ts'

/** Somebody who brings messages to users: as a text message, say. */
export const webhook = z.strictObject({
  /** Gets each message as JSON. */
  webhook: httpUrl().refine((url) => {
    const parsed = URL.parse(url)
    return parsed === null || parsed.protocol === 'https:' || isLoopback(parsed)
  }, 'https: what is for users is not sent over a network unencrypted'),
  /** The secret of the vault that it is shown as a bearer token. */
  secret: name(),
})
export type Webhook = z.infer<typeof webhook>

/** Who owns everything else. */
export const organizationSpec = z.strictObject({
  title: z.string().min(1).max(200),
  /** With which its tokens are signed: access tokens with the first, ID tokens with the one that an app asks for. */
  signingAlgorithms: z.array(signingAlgorithm).min(1).max(signingAlgorithms.length).default(['ES256']),
  /** Whether its users need more than a password: an authenticator app, which they set up when they next sign in. */
  secondFactor: z.enum(['optional', 'required']).default('optional'),
  /** Whether apps may register themselves (RFC 7591), by the stage for which they do. Nowhere when absent. */
  registration: z.partialRecord(stage, registrationRule).optional(),
  /** Whose software statements are taken, beside our own. */
  statementIssuers: z.array(statementIssuer).min(1).max(16).optional(),
  /** Who has to approve a software statement before we issue it; nobody when absent. */
  statementApprovers: approvers.optional(),
  /** One-time codes as a second factor for users who have no better one, and by what they come. */
  oneTimeCodes: z.union([z.literal('mail'), webhook]).optional(),
  /** By what users are told, beside by mail, that somebody asks them or has answered them. */
  notices: webhook.optional(),
  /** For how long users may let a browser stand for their second factor. Not at all when absent. */
  trustBrowsersFor: duration().optional(),
})
export type OrganizationSpec = z.infer<typeof organizationSpec>
