import { createRoute } from '@hono/zod-openapi'
import { duration, z } from '@portcullis/kernel/schema'
import { requires } from '../scope.ts'
import { json, jsonBody, refusal } from './answer.ts'
import { ofApp, ofCredential, ofUser } from './place.ts'

/** A client secret as it can be shown afterwards: without the secret and without its hash. */
export const credentialView = z.strictObject({
  id: z.string(),
  app: z.string(),
  issuedAt: z.iso.datetime(),
  expiresAt: z.iso.datetime().optional(),
  revokedAt: z.iso.datetime().optional(),
  usable: z.boolean(),
})
export type CredentialView = z.infer<typeof credentialView>

export const issueCredential = createRoute({
  operationId: 'issueCredential',
  method: 'post',
  path: '/organizations/{organization}/apps/{app}/credentials',
  summary: 'Issue a client secret; it is shown this once',
  security: requires('resources.write'),
  request: { params: ofApp, body: jsonBody(z.strictObject({ expiresIn: duration().optional() })) },
  responses: {
    201: json('The secret', z.strictObject({ credential: credentialView, secret: z.string() })),
    default: refusal,
  },
})

export const listCredentials = createRoute({
  operationId: 'listCredentials',
  method: 'get',
  path: '/organizations/{organization}/apps/{app}/credentials',
  summary: 'The client secrets of an app, without the secrets',
  security: requires('resources.read'),
  request: { params: ofApp },
  responses: {
    200: json('Newest last', z.strictObject({ credentials: z.array(credentialView) })),
    default: refusal,
  },
})

export const revokeCredential = createRoute({
  operationId: 'revokeCredential',
  method: 'delete',
  path: '/organizations/{organization}/apps/{app}/credentials/{credential}',
  summary: 'Revoke a client secret at once',
  security: requires('resources.write'),
  request: { params: ofCredential },
  responses: {
    200: json('As it is now', z.strictObject({ credential: credentialView })),
    default: refusal,
  },
})

export const setPassword = createRoute({
  operationId: 'setPassword',
  method: 'put',
  path: '/organizations/{organization}/users/{user}/password',
  summary: 'Set the password of a user',
  security: requires('resources.write'),
  request: { params: ofUser, body: jsonBody(z.strictObject({ password: z.string().max(1024) })) },
  responses: { 204: { description: 'Set' }, default: refusal },
})
