import { OpenAPIHono } from '@hono/zod-openapi'
import { BASE_PATH, routes } from '@portcullis/api-client/route/routes'
import { managementScopes, SCHEME } from '@portcullis/api-client/scope'
import type { JsonObject } from '@portcullis/kernel/json'
import { SYSTEM } from '@portcullis/model/collection'
import { issuerOf } from '../revision/compile-revision.ts'

export interface DocumentOptions {
  /** Where callers find the control plane. */
  readonly controlPlaneUrl: string
  /** The authorization server, without organization. */
  readonly authserverUrl: string
}

/**
 * The management API as OpenAPI 3.1, drawn from the routes that are served. It is also the contract of the API
 * `management`, from which the authorization server learns the scopes: what is served is what is granted.
 */
export function managementDocument({ controlPlaneUrl, authserverUrl }: DocumentOptions): JsonObject {
  const app = new OpenAPIHono()
  for (const route of Object.values(routes)) app.openAPIRegistry.registerPath(route)
  app.openAPIRegistry.registerComponent('securitySchemes', SCHEME, {
    type: 'oauth2',
    flows: {
      clientCredentials: {
        tokenUrl: `${issuerOf(authserverUrl, SYSTEM).url}/token`,
        scopes: managementScopes,
      },
    },
  })
  const document = app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'Portcullis management API',
      version: 'v1',
      description: 'What is declared, published and decided in this installation.',
    },
    servers: [{ url: controlPlaneUrl.replace(/\/+$/, '') + BASE_PATH }],
  })
  // Plain JSON: the generator leaves undefined members and shared objects in what it makes.
  return JSON.parse(JSON.stringify(document))
}
