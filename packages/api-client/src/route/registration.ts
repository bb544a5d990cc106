import { duration, name, z } from '@portcullis/kernel/schema'
import { softwareClaims } from '@portcullis/model/registration/software-statement'
import { stage } from '@portcullis/model/resource/stage'
import { requires } from '../scope.ts'
import { json, jsonBody, refusal } from './answer.ts'
import { createRoute } from './create-route.ts'
import { inOrganization, ofApproval } from './place.ts'

export const issuedStatement = z.strictObject({
  id: z.string(),
  statement: z.string(),
  expiresAt: z.iso.datetime(),
})

export const giveLeave = createRoute({
  operationId: 'giveLeave',
  method: 'post',
  path: '/organizations/{organization}/registration-leaves',
  summary: 'Leave for one app to register itself: an initial access token, which is shown this once',
  security: requires('resources.write'),
  request: {
    params: inOrganization,
    body: jsonBody(z.strictObject({ stage, expiresIn: duration().default('1d') })),
  },
  responses: { 201: json('The token', z.strictObject({ token: z.string() })), default: refusal },
})

export const askStatement = createRoute({
  operationId: 'askStatement',
  method: 'post',
  path: '/organizations/{organization}/software-statements',
  summary: 'Ask for a software statement; where nobody has to approve it, it is issued at once',
  security: requires('resources.write'),
  request: {
    params: inOrganization,
    body: jsonBody(z.strictObject({ claims: softwareClaims, for: name().optional() })),
  },
  responses: {
    201: json(
      'It is issued, or waits for an approval',
      z.strictObject({ issued: issuedStatement.optional(), approval: z.string().optional() }),
    ),
    default: refusal,
  },
})

export const issueStatement = createRoute({
  operationId: 'issueStatement',
  method: 'post',
  path: '/organizations/{organization}/software-statements/{id}',
  summary: 'Issue a software statement that was approved, once; the id is that of the approval',
  security: requires('resources.write'),
  request: { params: ofApproval },
  responses: { 201: json('It is issued', issuedStatement), default: refusal },
})
