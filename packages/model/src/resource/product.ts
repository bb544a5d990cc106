import { name, z } from '@portcullis/kernel/schema'
import { attachmentDeclarations } from '../attachment.ts'

/** An API version that a product bundles. */
export const apiReference = z.strictObject({ api: name(), version: name() })
export type ApiReference = z.infer<typeof apiReference>

/** What apps subscribe to: API versions offered together. */
export const productSpec = z.strictObject({
  title: z.string().min(1).max(200),
  description: z.string().max(2000).default(''),
  apis: z.array(apiReference).min(1).max(256),
  policies: attachmentDeclarations,
})
export type ProductSpec = z.infer<typeof productSpec>
