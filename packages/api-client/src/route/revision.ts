import { name, z } from '@portcullis/kernel/schema'
import { mode } from '@portcullis/model/attachment'
import { DEFAULT_GATEWAY_GROUP } from '@portcullis/model/resource/gateway-group'
import { security } from '@portcullis/model/security'
import { requires } from '../scope.ts'
import { json, jsonObject, refusal } from './answer.ts'
import { createRoute } from './create-route.ts'
import { inEnvironment } from './place.ts'

/** For which calls a step is meant: for all where nothing is said. */
const reach = z.strictObject({
  /** Those who subscribe to the product, or to one of its plans. */
  subscribers: z.strictObject({ product: name(), plan: name().optional() }).optional(),
  /** Those for which the condition holds, as it was written. */
  when: z.string().optional(),
})
export type PlannedReach = z.infer<typeof reach>

/** One step of an operation as it runs, and where it comes from. */
export const planStep = z.strictObject({
  policy: z.string(),
  summary: z.string(),
  phase: z.string(),
  mode,
  failOpen: z.boolean(),
  /** The level of the attachment: contract, edge, environment, product, plan, api or operation. */
  level: z.string(),
  /** In words: `environment production`. */
  origin: z.string(),
  reach,
  /** Where it is meant for one of these, a nearer attachment of the same policy runs in its place. */
  replacedFor: z.array(reach),
  config: z.unknown(),
})
export type PlanStep = z.infer<typeof planStep>

/** An attachment that runs for no call of the operation. */
export const planLost = z.strictObject({
  policy: z.string(),
  origin: z.string(),
  mode,
  /** Origin of the nearer attachment that runs in its place; absent where the contract gives it nothing to do. */
  lostTo: z.string().optional(),
})
export type PlanLost = z.infer<typeof planLost>

export const operationPlan = z.strictObject({
  organization: name(),
  environment: name(),
  revision: z.int(),
  /** The gateway group for which it is planned. */
  group: name(),
  api: name(),
  version: name(),
  operation: z.string(),
  method: z.string(),
  /** The whole template, with the base path. */
  path: z.string(),
  security,
  steps: z.array(planStep),
  lost: z.array(planLost),
})
export type OperationPlan = z.infer<typeof operationPlan>

export const publicJwk = z.strictObject({
  kty: z.literal('OKP'),
  crv: z.literal('Ed25519'),
  x: z.string().max(64),
  kid: z.string().max(64),
  alg: z.literal('EdDSA'),
  use: z.literal('sig'),
})
export type RevisionKey = z.infer<typeof publicJwk>

export const getRevision = createRoute({
  operationId: 'getRevision',
  method: 'get',
  path: '/organizations/{organization}/environments/{environment}/revisions/{number}',
  summary: 'A published revision',
  security: requires('resources.read'),
  request: {
    params: inEnvironment.extend({
      number: z
        .string()
        .regex(/^(live|[1-9][0-9]{0,9})$/, 'a revision is its number, or live')
        .describe('Its number, or `live` for the one in force'),
    }),
  },
  responses: {
    200: json(
      'The revision, readable and as it was signed',
      z.strictObject({ revision: jsonObject, jws: z.string() }),
    ),
    default: refusal,
  },
})

export const planOperation = createRoute({
  operationId: 'planOperation',
  method: 'get',
  path: '/organizations/{organization}/environments/{environment}/plan',
  summary: 'The effective steps of an operation, in the order in which they run',
  security: requires('resources.read'),
  request: {
    params: inEnvironment,
    query: z.strictObject({
      method: z.string().max(16),
      path: z.string().max(2048),
      group: name().default(DEFAULT_GATEWAY_GROUP).describe('The gateway group at which the call arrives'),
    }),
  },
  responses: { 200: json('The steps', operationPlan), default: refusal },
})
