import { z } from '@portcullis/kernel/schema'
import { requires } from '../scope.ts'
import { json, refusal } from './answer.ts'
import { createRoute } from './create-route.ts'
import { inOrganization } from './place.ts'

/** A token of a provisioning client (SCIM), without the token. */
export const provisioningTokenView = z.strictObject({ id: z.string(), issuedAt: z.iso.datetime() })
export type ProvisioningTokenView = z.infer<typeof provisioningTokenView>

const path = '/organizations/{organization}/provisioning-tokens'

export const issueProvisioningToken = createRoute({
  operationId: 'issueProvisioningToken',
  method: 'post',
  path,
  summary: 'Issue a token with which users and groups are provisioned (SCIM); it is shown this once',
  security: requires('resources.write'),
  request: { params: inOrganization },
  responses: {
    201: json('The token', z.strictObject({ id: z.string(), token: z.string() })),
    default: refusal,
  },
})

export const listProvisioningTokens = createRoute({
  operationId: 'listProvisioningTokens',
  method: 'get',
  path,
  summary: 'The tokens for provisioning that are good, without the tokens',
  security: requires('resources.read'),
  request: { params: inOrganization },
  responses: {
    200: json('The oldest first', z.strictObject({ tokens: z.array(provisioningTokenView) })),
    default: refusal,
  },
})

export const revokeProvisioningToken = createRoute({
  operationId: 'revokeProvisioningToken',
  method: 'delete',
  path: `${path}/{token}`,
  summary: 'Revoke a token for provisioning at once',
  security: requires('resources.write'),
  request: { params: inOrganization.extend({ token: z.string().max(64) }) },
  responses: { 204: { description: 'Revoked' }, default: refusal },
})
