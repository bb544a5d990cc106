import { z } from '@portcullis/kernel/schema'

/**
 * How the verdict of an attached policy counts:
 * `enforce` acts on it; `observe` only records what it would have done; `off` does not run it.
 */
export const mode = z.enum(['enforce', 'observe', 'off'])
export type Mode = z.infer<typeof mode>

const MAX_CONDITION_CHARACTERS = 2048

/** A policy put on a gateway group, an environment, a product, a plan, an API version or an operation, as it is written. */
export const attachmentDeclaration = z.strictObject({
  /** The policy's id, as in the catalogue. */
  policy: z.string().max(64),
  mode: mode.default('enforce'),
  /** The calls for which it runs, as an expression of Cedar over `context`; all where nothing is said. */
  when: z.string().min(1).max(MAX_CONDITION_CHARACTERS).optional(),
  /** Let the call pass when the policy itself fails. Refused where the policy's contract does not allow it. */
  failOpen: z.boolean().default(false),
  /** Checked by the policy's own schema when publishing. */
  config: z.record(z.string(), z.json()).default({}),
})
export type AttachmentDeclaration = z.infer<typeof attachmentDeclaration>

const MAX_ATTACHMENTS = 64
export const attachmentDeclarations = z.array(attachmentDeclaration).max(MAX_ATTACHMENTS).default([])

const MAX_EXPRESSIONS = 64

/** A condition as it was written, and as Cedar's parser understood it: an expression in JSON. */
export const condition = z.strictObject({
  text: z.string().max(MAX_CONDITION_CHARACTERS),
  expression: z.record(z.string(), z.json()),
})
export type Condition = z.infer<typeof condition>

/** An attachment as a revision carries it: nothing is left to parse. */
export const attachment = attachmentDeclaration.extend({
  when: condition.optional(),
  /** The expressions that stand in the config. */
  expressions: z.array(condition).max(MAX_EXPRESSIONS).optional(),
})
export type Attachment = z.infer<typeof attachment>
export const attachments = z.array(attachment).max(MAX_ATTACHMENTS).default([])
