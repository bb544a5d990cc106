import { z } from '@portcullis/kernel/schema'
import { signingAlgorithm, signingAlgorithms } from '../signing-key.ts'

/** Who owns everything else. */
export const organizationSpec = z.strictObject({
  title: z.string().min(1).max(200),
  /** With which its tokens are signed: access tokens with the first, ID tokens with the one that an app asks for. */
  signingAlgorithms: z.array(signingAlgorithm).min(1).max(signingAlgorithms.length).default(['ES256']),
  /** Whether its users need more than a password: an authenticator app, which they set up when they next sign in. */
  secondFactor: z.enum(['optional', 'required']).default('optional'),
})
export type OrganizationSpec = z.infer<typeof organizationSpec>
