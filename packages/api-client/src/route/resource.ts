import { name, z } from '@portcullis/kernel/schema'
import { requires } from '../scope.ts'
import { json, jsonBody, jsonObject, refusal } from './answer.ts'
import { changeResult, files } from './bundle.ts'
import { createRoute } from './create-route.ts'
import { inOrganization, kind, ofResource } from './place.ts'

/** A resource in its canonical form; the spec is the one that its kind's schema describes. */
export const declared = z.strictObject({
  kind,
  organization: name(),
  name: name(),
  spec: jsonObject,
})

export const listResources = createRoute({
  operationId: 'listResources',
  method: 'get',
  path: '/organizations/{organization}/resources',
  summary: 'The resources of an organization',
  security: requires('resources.read'),
  request: { params: inOrganization, query: z.strictObject({ kind: kind.optional() }) },
  responses: {
    200: json('The resources', z.strictObject({ resources: z.array(declared) })),
    default: refusal,
  },
})

export const getResource = createRoute({
  operationId: 'getResource',
  method: 'get',
  path: '/organizations/{organization}/resources/{kind}/{name}',
  summary: 'One resource',
  security: requires('resources.read'),
  request: { params: ofResource },
  responses: {
    200: json('The resource and its version', z.strictObject({ resource: declared, version: z.int() })),
    default: refusal,
  },
})

export const putResource = createRoute({
  operationId: 'putResource',
  method: 'put',
  path: '/organizations/{organization}/resources/{kind}/{name}',
  summary: 'Create or replace one resource, checked and published like a bundle',
  security: requires('resources.write'),
  request: {
    params: ofResource,
    body: jsonBody(
      z.strictObject({
        spec: z.record(z.string(), z.unknown()),
        files: files
          .optional()
          .describe('New contract files of an API, by the path at which an export has them'),
        version: z.int().optional().describe('The version that must be there now; refused when another is'),
      }),
    ),
  },
  responses: { 200: json('What was changed and published', changeResult), default: refusal },
})

export const removeResource = createRoute({
  operationId: 'removeResource',
  method: 'delete',
  path: '/organizations/{organization}/resources/{kind}/{name}',
  summary: 'Remove one resource to which nothing refers any more',
  security: requires('resources.write'),
  request: { params: ofResource },
  responses: { 200: json('What was changed and published', changeResult), default: refusal },
})
