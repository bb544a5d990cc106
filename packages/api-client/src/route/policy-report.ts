import { name, z } from '@portcullis/kernel/schema'
import { mode } from '@portcullis/model/attachment'
import { dataClass } from '@portcullis/model/contract'
import { requires } from '../scope.ts'
import { json, refusal } from './answer.ts'
import { createRoute } from './create-route.ts'
import { inEnvironment } from './place.ts'

const names = z.array(z.string())

/** One rule that is asked when something is called, and what it speaks of. */
const reportedPolicy = z.strictObject({
  /** A policy of a Cedar policy set, an attachment, or what a contract demands. */
  kind: z.enum(['cedar', 'attachment', 'contract']),
  /** `office/ordering`, `rate-limit from environment production`, `order_item of warehouse/v1`. */
  name: z.string(),
  effect: z.enum(['permit', 'forbid']).optional(),
  mode: mode.optional(),
  /** The condition of an attachment. */
  when: z.string().optional(),
  attributes: names,
  roles: names,
  groups: names,
  scopes: names,
  dataClasses: names,
  /** The API versions with operations for which it may hold, and how many those operations are. */
  apis: names,
  operations: z.int(),
})
export type ReportedPolicy = z.infer<typeof reportedPolicy>

const uncallable = z.strictObject({
  api: name(),
  version: name(),
  operation: z.string(),
  reasons: z.array(z.strictObject({ policy: z.string(), reason: z.string() })).min(1),
})
export type Uncallable = z.infer<typeof uncallable>

export const policyReport = z.strictObject({
  organization: name(),
  environment: name(),
  revision: z.int(),
  policies: z.array(reportedPolicy),
  uncallable: z.array(uncallable),
  /** `always`: whatever the one permits the other forbids. `may`: that they exclude each other was not proved. */
  contradictions: z.array(
    z.strictObject({ permit: z.string(), forbid: z.string(), how: z.enum(['always', 'may']) }),
  ),
  duplicates: z.array(z.strictObject({ policy: z.string(), of: z.string() })),
  /** Wherever the policy holds, the other of the same effect holds too. */
  shadowed: z.array(z.strictObject({ policy: z.string(), by: z.string() })),
  /** Their own conditions exclude each other. */
  impossible: names,
  /** How many more there are of what is listed up to a limit. */
  leftOut: z.strictObject({ policies: z.int(), contradictions: z.int() }),
})
export type PolicyReport = z.infer<typeof policyReport>

/** What the policies that are listed mention. All that is asked for must be so. */
export const policyReportQuery = z.strictObject({
  attribute: z
    .string()
    .min(1)
    .max(512)
    .optional()
    .describe('A path of a condition or its end or beginning: `context.claims.country`, `country`'),
  role: z.string().max(256).optional(),
  group: z.string().max(256).optional(),
  scope: z.string().max(256).optional(),
  dataClass: dataClass
    .optional()
    .describe('A data class of contracts or a classification of API versions: named by it, or in its reach'),
  api: name().optional(),
  operation: z.string().max(512).optional(),
})
export type PolicyReportQuery = z.infer<typeof policyReportQuery>

export const reportPolicies = createRoute({
  operationId: 'reportPolicies',
  method: 'get',
  path: '/organizations/{organization}/environments/{environment}/policy-report',
  summary:
    'Which policies mention what, what nobody can call, and which policies contradict or repeat each other',
  security: requires('resources.read'),
  request: { params: inEnvironment, query: policyReportQuery },
  responses: { 200: json('The report', policyReport), default: refusal },
})
