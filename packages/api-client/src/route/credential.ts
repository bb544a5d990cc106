import { duration, z } from '@portcullis/kernel/schema'
import { requires } from '../scope.ts'
import { json, jsonBody, refusal } from './answer.ts'
import { createRoute } from './create-route.ts'
import { ofApp, ofCredential, ofUser } from './place.ts'

/** What an app proves with that it is itself: to the authorization server with a secret, to gateways with a key. */
export const credentialKind = z.enum(['client-secret', 'api-key'])
export type CredentialKind = z.infer<typeof credentialKind>

/** A credential as it can be shown afterwards: without the secret and without its hash. */
export const credentialView = z.strictObject({
  id: z.string(),
  kind: credentialKind,
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
  summary: 'Issue a client secret or an API key; it is shown this once',
  security: requires('resources.write'),
  request: {
    params: ofApp,
    body: jsonBody(
      z.strictObject({ kind: credentialKind.default('client-secret'), expiresIn: duration().optional() }),
    ),
  },
  responses: {
    201: json('The secret', z.strictObject({ credential: credentialView, secret: z.string() })),
    default: refusal,
  },
})

export const listCredentials = createRoute({
  operationId: 'listCredentials',
  method: 'get',
  path: '/organizations/{organization}/apps/{app}/credentials',
  summary: 'The client secrets and API keys of an app, without the secrets',
  security: requires('resources.read'),
  request: { params: ofApp },
  responses: {
    200: json('Of each kind the newest last', z.strictObject({ credentials: z.array(credentialView) })),
    default: refusal,
  },
})

export const revokeCredential = createRoute({
  operationId: 'revokeCredential',
  method: 'delete',
  path: '/organizations/{organization}/apps/{app}/credentials/{credential}',
  summary: 'Revoke a client secret or an API key at once',
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

export const inviteUser = createRoute({
  operationId: 'inviteUser',
  method: 'post',
  path: '/organizations/{organization}/users/{user}/invitation',
  summary: 'Send a user a link by mail, by which to choose a first password',
  security: requires('resources.write'),
  request: { params: ofUser },
  responses: { 204: { description: 'Sent' }, default: refusal },
})

export const removeSecondFactor = createRoute({
  operationId: 'removeSecondFactor',
  method: 'delete',
  path: '/organizations/{organization}/users/{user}/second-factor',
  summary: 'Remove the authenticator app of a user who has lost it',
  security: requires('resources.write'),
  request: { params: ofUser },
  responses: { 204: { description: 'Removed' }, default: refusal },
})
