import type { RouteConfig } from '@hono/zod-openapi'

/**
 * Declares a route of the management API. Of the library that serves it and writes its document nothing is loaded here:
 * whoever only calls routes, as a gateway does, has no need of it in memory.
 */
export const createRoute = <const R extends RouteConfig>(route: R): R => route
