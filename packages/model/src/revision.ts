import { httpUrl, name, z } from '@portcullis/kernel/schema'
import { attachments } from './attachment.ts'
import { documentApp } from './client-document.ts'
import { operation } from './contract.ts'
import { classification } from './resource/api.ts'
import { detailTypes } from './resource/detail-type.ts'
import { apiReference } from './resource/product.ts'
import { upstream } from './resource/upstream.ts'
import { securityScheme } from './security.ts'

/** An operation as a gateway enforces it. */
export const revisionOperation = operation.extend({ policies: attachments })
export type RevisionOperation = z.infer<typeof revisionOperation>

/** An API version as a gateway enforces it. */
export const revisionApi = z.strictObject({
  api: name(),
  version: name(),
  title: z.string(),
  basePath: z.string(),
  /** The resource indicator (RFC 8707) and `aud` of tokens for it: the environment's URL and the base path. */
  audience: z.string(),
  upstream,
  classification,
  deprecated: z.boolean(),
  /** The gateway groups that serve it; absent where all do. */
  groups: z.array(name()).optional(),
  scopes: z.record(z.string(), z.string()),
  schemes: z.record(z.string(), securityScheme),
  /** Types of authorization details (RFC 9396) that it understands; absent where none. */
  authorizationDetails: detailTypes.optional(),
  policies: attachments,
  operations: z.array(revisionOperation),
})
export type RevisionApi = z.infer<typeof revisionApi>

/** What a gateway group adds to an environment: its own attachments. */
export const revisionGroup = z.strictObject({ group: name(), policies: attachments })
export type RevisionGroup = z.infer<typeof revisionGroup>

export const revisionProduct = z.strictObject({ product: name(), policies: attachments })
export type RevisionProduct = z.infer<typeof revisionProduct>

export const revisionPlan = z.strictObject({ product: name(), plan: name(), policies: attachments })
export type RevisionPlan = z.infer<typeof revisionPlan>

export const revisionSubscription = z.strictObject({
  subscription: name(),
  app: name(),
  product: name(),
  plan: name(),
  /** The product's API versions that this environment serves. */
  apis: z.array(apiReference),
  scopes: z.array(z.string()),
})
export type RevisionSubscription = z.infer<typeof revisionSubscription>

/** Cedar policies as a gateway compiles them: parsed, each with the name by which decisions tell of it. */
export const revisionPolicySet = z.strictObject({
  policySet: name(),
  /** The APIs for which they hold; absent where for all. */
  apis: z.array(name()).optional(),
  policies: z.array(
    z.strictObject({
      id: z.string(),
      policy: z.strictObject({
        effect: z.enum(['permit', 'forbid']),
        principal: z.record(z.string(), z.json()),
        action: z.record(z.string(), z.json()),
        resource: z.record(z.string(), z.json()),
        conditions: z.array(
          z.strictObject({ kind: z.enum(['when', 'unless']), body: z.record(z.string(), z.json()) }),
        ),
        annotations: z.record(z.string(), z.string().nullable()).optional(),
      }),
    }),
  ),
})
export type RevisionPolicySet = z.infer<typeof revisionPolicySet>

/** A list that some attachment names. */
export const revisionAddressList = z.strictObject({
  list: name(),
  /** Absent where the list could not be fetched yet: what is on it is not known. */
  entries: z.array(z.string()).optional(),
})
export type RevisionAddressList = z.infer<typeof revisionAddressList>

/** That a client of another issuer is an app here. */
export const externalApp = z.strictObject({ issuer: z.string(), clientId: z.string(), app: name() })
export type ExternalApp = z.infer<typeof externalApp>

export const otherEnvironment = z.strictObject({ environment: name(), url: httpUrl() })
export type OtherEnvironment = z.infer<typeof otherEnvironment>

/**
 * What a gateway runs for one environment: everything enforceable, complete, immutable, numbered and signed.
 * Read strictly: a gateway that does not know a key refuses the revision rather than ignore a protection.
 */
export const revision = z.strictObject({
  format: z.literal(1),
  organization: name(),
  environment: name(),
  /** Counted from 1 in the environment, without gaps. */
  number: z.int().min(1),
  /** ISO 8601, UTC. */
  publishedAt: z.iso.datetime(),
  hosts: z.array(z.string()),
  /** The authorization server whose tokens the environment accepts, and where its public keys are. */
  issuer: z.strictObject({ url: httpUrl(), jwksUri: httpUrl() }),
  /** The organization's environments whose tokens are not good here, and where they are. */
  otherEnvironments: z.array(otherEnvironment).default([]),
  policies: attachments,
  /** The gateway groups that may enforce it. */
  groups: z.array(revisionGroup),
  apis: z.array(revisionApi),
  products: z.array(revisionProduct),
  plans: z.array(revisionPlan),
  subscriptions: z.array(revisionSubscription),
  /** Of apps that subscribe to something here. */
  externalApps: z.array(externalApp).default([]),
  /** Of clients that documents describe, and of apps that subscribe to something here. */
  documentApps: z.array(documentApp).default([]),
  addressLists: z.array(revisionAddressList).default([]),
  policySets: z.array(revisionPolicySet).default([]),
})
export type Revision = z.infer<typeof revision>

/** How a message, a log line and a decision name a revision: `hmart/production#3`. */
export function revisionName(each: Pick<Revision, 'organization' | 'environment' | 'number'>): string {
  return `${each.organization}/${each.environment}#${each.number}`
}
