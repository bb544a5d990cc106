import { z } from '@portcullis/kernel/schema'
import { requires } from '../scope.ts'
import { json, refusal } from './answer.ts'
import { createRoute } from './create-route.ts'
import { inOrganization, ofAccountLink, ofUser } from './place.ts'

/** Somebody whom an identity provider told of, and who was not declared. */
const federatedUser = z.strictObject({
  /** The subject of their tokens. */
  user: z.string(),
  title: z.string(),
  mail: z.string().optional(),
  /** With which the account began. */
  provider: z.string(),
  roles: z.array(z.string()).readonly(),
  groups: z.array(z.string()).readonly(),
  createdAt: z.string(),
})
export type FederatedUserView = z.infer<typeof federatedUser>

/** That somebody of an identity provider signs in as a user here. */
const accountLink = z.strictObject({
  id: z.string(),
  user: z.string(),
  provider: z.string(),
  issuer: z.string(),
  subject: z.string(),
  linkedAt: z.string(),
})
export type AccountLinkView = z.infer<typeof accountLink>

export const listFederatedUsers = createRoute({
  operationId: 'listFederatedUsers',
  method: 'get',
  path: '/organizations/{organization}/federated-users',
  summary: 'Users whom identity providers told of, and who are not declared',
  security: requires('resources.read'),
  request: { params: inOrganization },
  responses: { 200: json('By name', z.strictObject({ users: z.array(federatedUser) })), default: refusal },
})

export const removeFederatedUser = createRoute({
  operationId: 'removeFederatedUser',
  method: 'delete',
  path: '/organizations/{organization}/federated-users/{user}',
  summary: 'Remove such a user, with links, sessions and tokens',
  security: requires('resources.write'),
  request: { params: ofUser },
  responses: {
    200: json(
      'Who was removed, and at which position the tokens were revoked',
      z.strictObject({ user: federatedUser, position: z.int() }),
    ),
    default: refusal,
  },
})

export const listAccountLinks = createRoute({
  operationId: 'listAccountLinks',
  method: 'get',
  path: '/organizations/{organization}/users/{user}/links',
  summary: 'With which identity providers a user may sign in',
  security: requires('resources.read'),
  request: { params: ofUser },
  responses: { 200: json('All of them', z.strictObject({ links: z.array(accountLink) })), default: refusal },
})

export const unlinkAccount = createRoute({
  operationId: 'unlinkAccount',
  method: 'delete',
  path: '/organizations/{organization}/account-links/{link}',
  summary: 'Take a way of signing in away, with all sessions and tokens of its user',
  security: requires('resources.write'),
  request: { params: ofAccountLink },
  responses: {
    200: json(
      'What was taken away, and at which position the tokens were revoked',
      z.strictObject({ link: accountLink, position: z.int() }),
    ),
    default: refusal,
  },
})
