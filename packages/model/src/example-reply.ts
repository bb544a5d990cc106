import { z } from '@portcullis/kernel/schema'

/** The most that the body of one example has, and all bodies of an operation, and of a contract, in UTF-16 units. */
export const MAX_EXAMPLE_CHARACTERS = 65_536
export const MAX_OPERATION_CHARACTERS = 262_144
export const MAX_CONTRACT_CHARACTERS = 4_194_304

/** A reply as an example of a contract shows it. */
export const exampleReply = z.strictObject({
  status: z.int().min(200).max(599),
  /** The key under `examples`; absent where a contract has but one. */
  name: z.string().max(128).optional(),
  /** Absent where the response has no content. */
  mediaType: z.string().max(256).optional(),
  /** As it is sent. */
  body: z.string().max(MAX_EXAMPLE_CHARACTERS).optional(),
})
export type ExampleReply = z.infer<typeof exampleReply>

export const exampleReplies = z.array(exampleReply).max(64)
