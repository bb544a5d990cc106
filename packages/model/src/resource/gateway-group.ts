import { z } from '@portcullis/kernel/schema'
import { attachmentDeclarations } from '../attachment.ts'

/** The group of a gateway that names none. It is there without being declared. */
export const DEFAULT_GATEWAY_GROUP = 'default'

/** Gateways that stand at one edge, such as public, partner or branch, whatever environments they serve. */
export const gatewayGroupSpec = z.strictObject({
  title: z.string().min(1).max(200),
  /** They come before those of the environment. */
  policies: attachmentDeclarations,
})
export type GatewayGroupSpec = z.infer<typeof gatewayGroupSpec>
