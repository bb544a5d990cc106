import { z } from '@portcullis/kernel/schema'
import { entitlement } from '@portcullis/model/approval/entitlement'
import { requires } from '../scope.ts'
import { json, refusal } from './answer.ts'
import { createRoute } from './create-route.ts'
import { inOrganization, ofEntitlement } from './place.ts'

export const listEntitlements = createRoute({
  operationId: 'listEntitlements',
  method: 'get',
  path: '/organizations/{organization}/entitlements',
  summary: 'Scopes that users and apps were given in advance, the oldest first',
  security: requires('approvals.decide'),
  request: { params: inOrganization },
  responses: {
    200: json('Those that have not expired', z.strictObject({ entitlements: z.array(entitlement) })),
    default: refusal,
  },
})

export const withdrawEntitlement = createRoute({
  operationId: 'withdrawEntitlement',
  method: 'post',
  path: '/organizations/{organization}/entitlements/{id}/withdrawals',
  summary: 'Take scopes back, and revoke all tokens of whoever had them',
  security: requires('approvals.decide'),
  request: { params: ofEntitlement },
  responses: {
    201: json(
      'What was taken back, and at which position the tokens were revoked',
      z.strictObject({ entitlement, position: z.int() }),
    ),
    default: refusal,
  },
})
