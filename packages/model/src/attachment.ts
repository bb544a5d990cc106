import { z } from '@portcullis/kernel/schema'

/**
 * How the verdict of an attached policy counts:
 * `enforce` acts on it; `observe` only records what it would have done; `off` does not run it.
 */
export const mode = z.enum(['enforce', 'observe', 'off'])
export type Mode = z.infer<typeof mode>

/** A policy put on a gateway group, an environment, a product, a plan, an API version or an operation. */
export const attachment = z.strictObject({
  /** The policy's id, as in the catalogue. */
  policy: z.string().max(64),
  mode: mode.default('enforce'),
  /** Let the call pass when the policy itself fails. Refused where the policy's contract does not allow it. */
  failOpen: z.boolean().default(false),
  /** Checked by the policy's own schema when publishing. */
  config: z.record(z.string(), z.json()).default({}),
})
export type Attachment = z.infer<typeof attachment>

/** An attachment as a revision carries it. */
export const revisionAttachment = attachment
export type RevisionAttachment = z.infer<typeof revisionAttachment>
export const revisionAttachments = z.array(revisionAttachment).max(64).default([])

export const attachments = z.array(attachment).max(64).default([])
