import { name, z } from '@portcullis/kernel/schema'
import { approval, approvalState, verdict } from '@portcullis/model/approval/approval'
import { requires } from '../scope.ts'
import { json, jsonBody, refusal } from './answer.ts'
import { createRoute } from './create-route.ts'
import { inOrganization, ofApproval } from './place.ts'

/** An approval, and how it stands. */
export const approvalView = z.strictObject({ approval, state: approvalState })
export type ApprovalView = z.infer<typeof approvalView>

export const listApprovals = createRoute({
  operationId: 'listApprovals',
  method: 'get',
  path: '/organizations/{organization}/approvals',
  summary: 'What waits for approval, the oldest first; with `all` also what is over',
  security: requires('approvals.decide'),
  request: {
    params: inOrganization,
    query: z.strictObject({ all: z.enum(['true', 'false']).default('false') }),
  },
  responses: {
    200: json('The approvals', z.strictObject({ approvals: z.array(approvalView) })),
    default: refusal,
  },
})

export const decideApproval = createRoute({
  operationId: 'decideApproval',
  method: 'post',
  path: '/organizations/{organization}/approvals/{id}/decisions',
  summary: 'Write down what a user said who may decide; the record says through which app',
  security: requires('approvals.decide'),
  request: {
    params: ofApproval,
    body: jsonBody(z.strictObject({ by: name(), verdict, reason: z.string().max(1000).default('') })),
  },
  responses: { 201: json('As it is now', approvalView), default: refusal },
})
