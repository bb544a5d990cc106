import { z } from '@portcullis/kernel/schema'
import { decision, outcome } from '@portcullis/model/decision/decision'
import { requires } from '../scope.ts'
import { json, refusal } from './answer.ts'
import { createRoute } from './create-route.ts'
import { inOrganization, ofDecision } from './place.ts'

const attribute = z.string().max(512).optional()

export const listDecisions = createRoute({
  operationId: 'listDecisions',
  method: 'get',
  path: '/organizations/{organization}/decisions',
  summary: 'Decision records, newest first',
  security: requires('decisions.read'),
  request: {
    params: inOrganization,
    query: z.strictObject({
      environment: attribute,
      api: attribute,
      operation: attribute,
      client: attribute,
      code: attribute,
      outcome: outcome.optional(),
      since: z.iso.datetime().optional(),
      until: z.iso.datetime().optional(),
      limit: z.coerce.number().int().min(1).max(1000).default(50),
    }),
  },
  responses: {
    200: json('The records', z.strictObject({ decisions: z.array(decision) })),
    default: refusal,
  },
})

/** Calls that one observed step would have refused for one reason, of one app and operation. */
export const observedRefusals = z.strictObject({
  environment: z.string(),
  policy: z.string(),
  origin: z.string(),
  code: z.string(),
  api: z.string().optional(),
  operation: z.string().optional(),
  client: z.string().optional(),
  calls: z.int(),
})

export const listObserved = createRoute({
  operationId: 'listObserved',
  method: 'get',
  path: '/organizations/{organization}/observed',
  summary: 'What policies in mode observe would have refused, the most calls first',
  security: requires('decisions.read'),
  request: {
    params: inOrganization,
    query: z.strictObject({
      environment: attribute,
      policy: attribute,
      since: z.iso.datetime().optional(),
      until: z.iso.datetime().optional(),
      limit: z.coerce.number().int().min(1).max(1000).default(1000),
    }),
  },
  responses: {
    200: json('The refusals', z.strictObject({ refusals: z.array(observedRefusals) })),
    default: refusal,
  },
})

export const explainDecision = createRoute({
  operationId: 'explainDecision',
  method: 'get',
  path: '/organizations/{organization}/decisions/{id}',
  summary: 'One decision, as a record and in words',
  security: requires('decisions.read'),
  request: { params: ofDecision },
  responses: {
    200: json('The decision', z.strictObject({ decision, words: z.array(z.string()) })),
    default: refusal,
  },
})
