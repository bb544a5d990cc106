import { z } from '@portcullis/kernel/schema'
import { apiKey } from '@portcullis/model/credential/api-key'
import { requires } from '../scope.ts'
import { json, refusal } from './answer.ts'
import { createRoute } from './create-route.ts'

export const MAX_API_KEYS = 1000

export const listApiKeys = createRoute({
  operationId: 'listApiKeys',
  method: 'get',
  path: '/gateway/api-keys',
  summary: 'The API keys that were issued or revoked after a position, in its order: hashes, not keys',
  security: requires('gateway.sync'),
  request: { query: z.object({ after: z.coerce.number().int().min(0) }) },
  responses: {
    200: json(
      'A page; `complete` where it is the last',
      z.strictObject({ position: z.int().min(0), complete: z.boolean(), apiKeys: z.array(apiKey) }),
    ),
    default: refusal,
  },
})
