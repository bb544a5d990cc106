import { name, z } from '@portcullis/kernel/schema'
import { decisionBatches } from '@portcullis/model/decision/decision-batch'
import { requires } from '../scope.ts'
import { json, jsonBody, refusal } from './answer.ts'
import { revisionNotice } from './bundle.ts'
import { createRoute } from './create-route.ts'
import { inEnvironment } from './place.ts'
import { publicJwk } from './revision.ts'

/** How a gateway names itself in its reports. */
export const gatewayName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, 'a short plain name')

/** That a gateway now enforces a revision. */
export const acknowledgement = revisionNotice.extend({ gateway: gatewayName })
export type Acknowledgement = z.infer<typeof acknowledgement>

/** What a gateway last said that it enforces, beside what is live. */
export const gatewayState = z.strictObject({
  gateway: gatewayName,
  organization: name(),
  environment: name(),
  number: z.int(),
  /** The number of the revision that should be in force; absent when the environment is gone. */
  live: z.int().optional(),
  at: z.iso.datetime(),
})
export type GatewayState = z.infer<typeof gatewayState>

export const listEnvironments = createRoute({
  operationId: 'listEnvironments',
  method: 'get',
  path: '/gateway/environments',
  summary: 'What there is to enforce, and the number of each live revision',
  security: requires('gateway.sync'),
  responses: {
    200: json('The environments', z.strictObject({ environments: z.array(revisionNotice) })),
    default: refusal,
  },
})

export const fetchRevision = createRoute({
  operationId: 'fetchRevision',
  method: 'get',
  path: '/gateway/environments/{organization}/{environment}/revision',
  summary: 'The live revision of an environment, signed',
  security: requires('gateway.sync'),
  request: {
    params: inEnvironment,
    headers: z.object({ 'if-none-match': z.string().max(256).optional() }),
  },
  responses: {
    200: json('The revision', z.strictObject({ number: z.int().min(1), jws: z.string() })),
    304: { description: 'It is still the one that the caller has' },
    default: refusal,
  },
})

export const fetchRevisionKey = createRoute({
  operationId: 'fetchRevisionKey',
  method: 'get',
  path: '/gateway/key',
  summary: 'The public key with which revisions are signed',
  security: requires('gateway.sync'),
  responses: { 200: json('A JWK (RFC 8037)', publicJwk), default: refusal },
})

export const watchChanges = createRoute({
  operationId: 'watchChanges',
  method: 'get',
  path: '/gateway/events',
  summary: 'Tells of every newly published revision and of revocations as they happen',
  security: requires('gateway.sync'),
  responses: {
    200: {
      description:
        'Events named `revision`, whose data is the organization, the environment and the number, and events named `revocation`, whose data is the position of the newest',
      content: { 'text/event-stream': { schema: z.string() } },
    },
    default: refusal,
  },
})

export const acknowledgeRevision = createRoute({
  operationId: 'acknowledgeRevision',
  method: 'post',
  path: '/gateway/acknowledgements',
  summary: 'Tells that a gateway now enforces a revision',
  security: requires('gateway.sync'),
  request: { body: jsonBody(acknowledgement) },
  responses: { 204: { description: 'Noted' }, default: refusal },
})

export const reportDecisions = createRoute({
  operationId: 'reportDecisions',
  method: 'post',
  path: '/gateway/decisions',
  summary: 'Hands over decision records; a batch may be sent again',
  security: requires('gateway.sync'),
  request: { body: jsonBody(decisionBatches) },
  responses: { 204: { description: 'Kept' }, default: refusal },
})

/** What became of a name and a password. Who needs a second factor has given the right password. */
export const passwordAnswer = z.strictObject({
  outcome: z.enum(['accepted', 'refused', 'second-factor', 'limited']),
  /** Of who was accepted. */
  roles: z.array(z.string()),
})
export type PasswordAnswer = z.infer<typeof passwordAnswer>

export const checkPassword = createRoute({
  operationId: 'checkPassword',
  method: 'post',
  path: '/gateway/password-checks',
  summary: 'Whether a name and a password are those of a user; guesses are limited by user and address',
  security: requires('gateway.sync'),
  request: {
    body: jsonBody(
      z.strictObject({
        organization: name(),
        user: z.string().max(256),
        password: z.string().max(1024),
        address: z.string().max(64),
      }),
    ),
  },
  responses: { 200: json('The answer', passwordAnswer), default: refusal },
})

export const listGateways = createRoute({
  operationId: 'listGateways',
  method: 'get',
  path: '/gateways',
  summary: 'Which revisions the gateways enforce',
  security: requires('resources.read'),
  responses: {
    200: json('By gateway and environment', z.strictObject({ gateways: z.array(gatewayState) })),
    default: refusal,
  },
})
