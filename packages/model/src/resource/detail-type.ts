import { z } from '@portcullis/kernel/schema'

const MOST_CHARACTERS = 16_384

/** A type of authorization details (RFC 9396 §2) that an API understands. */
export const detailType = z.strictObject({
  /** What it allows, for people who are asked: `Pay one invoice`. */
  title: z.string().min(1).max(200),
  /** JSON Schema (2020-12) of the whole object, `type` included. Without patterns and formats, which take longer than linear time. */
  schema: z
    .record(z.string(), z.json())
    .refine(
      (schema) => JSON.stringify(schema).length <= MOST_CHARACTERS,
      `at most ${MOST_CHARACTERS} characters`,
    ),
})
export type DetailType = z.infer<typeof detailType>

/** By the name that stands in `type`. */
export const detailTypes = z
  .record(z.string().min(1).max(128), detailType)
  .refine((types) => Object.keys(types).length <= 32, 'at most 32 types')
