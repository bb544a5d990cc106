import { httpUrl, z } from '@portcullis/kernel/schema'
import { attachmentDeclarations } from '../attachment.ts'

/** A place where API versions are deployed: sandbox, production … */
export const environmentSpec = z.strictObject({
  title: z.string().min(1).max(200),
  /** Where callers find it. Audiences of its APIs are below this URL. */
  url: httpUrl(),
  /** Host names it answers to at a gateway, without port; `*` answers to any. A host belongs to one environment of the installation; without hosts no gateway serves it. */
  hosts: z.array(z.string().min(1).max(253)).max(64).default([]),
  policies: attachmentDeclarations,
})
export type EnvironmentSpec = z.infer<typeof environmentSpec>
