import { z } from '@portcullis/kernel/schema'
import { auditRecord } from '@portcullis/model/audit'
import { requires } from '../scope.ts'
import { json, refusal } from './answer.ts'
import { createRoute } from './create-route.ts'
import { inOrganization } from './place.ts'

export const listAuditRecords = createRoute({
  operationId: 'listAuditRecords',
  method: 'get',
  path: '/organizations/{organization}/audit',
  summary: 'What people decided, gave and took back, the newest first',
  security: requires('decisions.read'),
  request: {
    params: inOrganization,
    query: z.strictObject({ limit: z.coerce.number().int().min(1).max(1000).default(50) }),
  },
  responses: {
    200: json('The records', z.strictObject({ records: z.array(auditRecord) })),
    default: refusal,
  },
})
