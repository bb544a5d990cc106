import { z } from '@portcullis/kernel/schema'
import { revocable, revocation } from '@portcullis/model/news/revocation'
import { requires } from '../scope.ts'
import { json, jsonBody, refusal } from './answer.ts'
import { createRoute } from './create-route.ts'
import { gatewayName } from './gateway.ts'
import { inOrganization } from './place.ts'

const position = z.int().min(0)

/** What is to be revoked in an organization. A `token` may be given whole: its id is then taken from it. */
const toRevoke = z.strictObject({ what: revocable, value: z.string().min(1).max(16_384) })

export const MAX_REVOCATIONS = 1000

/** How far a revocation has come. */
export const revocationState = z.strictObject({
  position,
  revokedAt: z.iso.datetime(),
  /** Whether every gateway that was heard of lately refuses what was revoked. */
  inForce: z.boolean(),
  gateways: z.array(
    z.strictObject({
      gateway: gatewayName,
      inForce: z.boolean(),
      /** From the revocation until this gateway had it in force, where that is known. */
      millis: z.int().optional(),
    }),
  ),
})
export type RevocationState = z.infer<typeof revocationState>

/** That a gateway refuses everything that was revoked up to a position. */
export const revocationAcknowledgement = z.strictObject({ gateway: gatewayName, position })
export type RevocationAcknowledgement = z.infer<typeof revocationAcknowledgement>

export const revokeTokens = createRoute({
  operationId: 'revokeTokens',
  method: 'post',
  path: '/organizations/{organization}/revocations',
  summary: 'Revoke tokens, one by one or all of a subject, app, grant or session',
  security: requires('tokens.revoke'),
  request: {
    params: inOrganization,
    body: jsonBody(z.strictObject({ revocations: z.array(toRevoke).min(1).max(MAX_REVOCATIONS) })),
  },
  responses: {
    201: json('The position of the last of them', z.strictObject({ position })),
    default: refusal,
  },
})

export const getRevocation = createRoute({
  operationId: 'getRevocation',
  method: 'get',
  path: '/revocations/{position}',
  summary: 'Which gateways already refuse what was revoked up to a position',
  security: requires('tokens.revoke'),
  request: { params: z.object({ position: z.string().regex(/^[1-9]\d{0,14}$/) }) },
  responses: { 200: json('How far it has come', revocationState), default: refusal },
})

export const listRevocations = createRoute({
  operationId: 'listRevocations',
  method: 'get',
  path: '/gateway/revocations',
  summary: 'What was revoked after a position, in its order',
  security: requires('gateway.sync'),
  request: { query: z.object({ after: z.coerce.number().int().min(0) }) },
  responses: {
    200: json(
      'A page; `complete` where it is the last',
      z.strictObject({ position, complete: z.boolean(), revocations: z.array(revocation) }),
    ),
    default: refusal,
  },
})

export const acknowledgeRevocations = createRoute({
  operationId: 'acknowledgeRevocations',
  method: 'post',
  path: '/gateway/revocations/acknowledgements',
  summary: 'Tells that a gateway refuses what was revoked up to a position',
  security: requires('gateway.sync'),
  request: { body: jsonBody(revocationAcknowledgement) },
  responses: { 204: { description: 'Noted' }, default: refusal },
})
