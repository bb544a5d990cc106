import { name, z } from '@portcullis/kernel/schema'
import { attachmentDeclarations } from '../attachment.ts'

/** A tier of a product: what its subscribers may do, and how much. */
export const planSpec = z.strictObject({
  title: z.string().min(1).max(200),
  product: name(),
  policies: attachmentDeclarations,
})
export type PlanSpec = z.infer<typeof planSpec>
