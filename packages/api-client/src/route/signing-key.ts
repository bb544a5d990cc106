import { z } from '@portcullis/kernel/schema'
import { requires } from '../scope.ts'
import { json, refusal } from './answer.ts'
import { createRoute } from './create-route.ts'
import { inOrganization } from './place.ts'

/** A signing key as it can be shown: without the key. */
export const signingKeyView = z.strictObject({
  kid: z.string(),
  algorithm: z.string(),
  /** `next` is announced, `current` signs, `previous` verifies until its last token has ended. */
  stage: z.enum(['next', 'current', 'previous']),
  publishedAt: z.iso.datetime(),
  /** Since when it is in this stage. */
  since: z.iso.datetime(),
})
export type SigningKeyView = z.infer<typeof signingKeyView>

const keys = z.strictObject({ keys: z.array(signingKeyView) })

export const listSigningKeys = createRoute({
  operationId: 'listSigningKeys',
  method: 'get',
  path: '/organizations/{organization}/signing-keys',
  summary: 'With which keys tokens are signed, and with which next',
  security: requires('resources.read'),
  request: { params: inOrganization },
  responses: { 200: json('By algorithm', keys), default: refusal },
})

export const rotateSigningKeys = createRoute({
  operationId: 'rotateSigningKeys',
  method: 'post',
  path: '/organizations/{organization}/signing-keys/rotations',
  summary: 'Sign with the next keys as soon as they were announced for long enough',
  security: requires('resources.write'),
  request: { params: inOrganization },
  responses: { 201: json('As they are now', keys), default: refusal },
})

export const removeSigningKey = createRoute({
  operationId: 'removeSigningKey',
  method: 'delete',
  path: '/organizations/{organization}/signing-keys/{kid}',
  summary: 'Take a compromised key out at once: every token that it signed is refused',
  security: requires('resources.write'),
  request: { params: inOrganization.extend({ kid: z.string().max(128) }) },
  responses: { 200: json('Those that are left', keys), default: refusal },
})
