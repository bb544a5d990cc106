import { name, z } from '@portcullis/kernel/schema'
import { attachmentDeclarations } from '../attachment.ts'
import { detailTypes } from './detail-type.ts'
import { upstreamDeclaration } from './upstream.ts'

export const classification = z.enum(['public', 'internal', 'confidential', 'restricted'])
export type Classification = z.infer<typeof classification>

/** `draft` is checked but nowhere enforced; `published` and `deprecated` are served; `retired` is gone. */
export const lifecycle = z.enum(['draft', 'published', 'deprecated', 'retired'])
export type Lifecycle = z.infer<typeof lifecycle>

/** Where an API version is served and what stands behind it there. */
export const deployment = z.strictObject({
  /** The backend, at one URL or several. The rest of the path below the base path is appended to it. */
  upstream: upstreamDeclaration,
  /** The gateway groups that serve it there; all of them where none is named. */
  groups: z.array(name()).min(1).max(64).optional(),
})

export const apiVersionSpec = z.strictObject({
  /** The OpenAPI document, relative to the file that names it. */
  contract: z.string().min(1).max(512),
  state: lifecycle.default('draft'),
  classification: classification.default('internal'),
  /** Path below the environment's URL at which the version is served, such as `/warehouse/v1`. */
  basePath: z
    .string()
    .regex(/^(\/[A-Za-z0-9._~-]+)+$/, 'a base path is one or more plain segments, such as /warehouse/v1')
    .max(256),
  /** By the name of the environment. */
  deployments: z.record(name(), deployment).default({}),
  /** What can be asked for beyond scopes (RFC 9396), by the name that stands in `type`. */
  authorizationDetails: detailTypes.optional(),
  policies: attachmentDeclarations,
  /** Policies of single operations, by operation id. */
  operations: z.record(z.string().max(512), z.strictObject({ policies: attachmentDeclarations })).default({}),
})
export type ApiVersionSpec = z.infer<typeof apiVersionSpec>

export const apiSpec = z.strictObject({
  title: z.string().min(1).max(200),
  versions: z.record(name(), apiVersionSpec),
})
export type ApiSpec = z.infer<typeof apiSpec>
