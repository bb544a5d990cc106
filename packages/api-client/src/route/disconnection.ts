import { z } from '@portcullis/kernel/schema'
import { disconnection, standingFilter } from '@portcullis/model/news/disconnection'
import { requires } from '../scope.ts'
import { json, jsonBody, refusal } from './answer.ts'
import { createRoute } from './create-route.ts'
import { inOrganization } from './place.ts'

const position = z.int().min(0)

export const MAX_DISCONNECTIONS = 1000

export const disconnectCalls = createRoute({
  operationId: 'disconnectCalls',
  method: 'post',
  path: '/organizations/{organization}/disconnections',
  summary:
    'End standing calls (WebSockets, streams of events): all, or those of an environment, API, operation, client or subject',
  security: requires('tokens.revoke'),
  request: { params: inOrganization, body: jsonBody(standingFilter) },
  responses: { 201: json('Its position', z.strictObject({ position })), default: refusal },
})

export const listDisconnections = createRoute({
  operationId: 'listDisconnections',
  method: 'get',
  path: '/gateway/disconnections',
  summary: 'Which standing calls are to end, after a position, in its order',
  security: requires('gateway.sync'),
  request: { query: z.object({ after: z.coerce.number().int().min(0) }) },
  responses: {
    200: json(
      'A page; `complete` where it is the last',
      z.strictObject({ position, complete: z.boolean(), disconnections: z.array(disconnection) }),
    ),
    default: refusal,
  },
})
