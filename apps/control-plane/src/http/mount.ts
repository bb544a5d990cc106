import type { OpenAPIHono, RouteConfig, RouteHandler } from '@hono/zod-openapi'
import { managementScopes, SCHEME } from '@portcullis/api-client/scope'
import type { MiddlewareHandler } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { type AuthorizeOptions, authorize, type CallerEnv } from './authorize.ts'
import { managementFaults } from './fault.ts'

const MAX_BODY_BYTES = 1024 * 1024

/** Serves a route. What its declaration demands is demanded; without a declared demand it is not served at all. */
export type Mount = <R extends RouteConfig>(
  route: R,
  handler: RouteHandler<R, CallerEnv>,
  options?: { readonly maxBodyBytes?: number },
) => void

export function mounting(app: OpenAPIHono<CallerEnv>, options: AuthorizeOptions): Mount {
  return (route, handler, { maxBodyBytes = MAX_BODY_BYTES } = {}) => {
    const scopes = demandedScopes(route)
    const middleware: MiddlewareHandler<CallerEnv>[] = scopes.length === 0 ? [] : [authorize(options, scopes)]
    middleware.push(bodyLimit({ maxSize: maxBodyBytes, onError: tooLarge }))
    // Who may call is asked before anything of the body is read. The types of a route that is not known yet can't
    // be resolved; they were checked where the handler was written.
    app.openapi({ ...(route as RouteConfig), middleware }, handler as never)
  }
}

/** The scopes of a route: none when it is declared public. */
export function demandedScopes(route: RouteConfig): readonly string[] {
  const name = `${route.method.toUpperCase()} ${route.path}`
  if (route.security === undefined) throw new TypeError(`${name} does not say who may call it`)
  if (route.security.length === 0) return []
  const scopes = route.security.length === 1 ? route.security[0]?.[SCHEME] : undefined
  if (
    scopes === undefined ||
    scopes.length === 0 ||
    !scopes.every((each) => Object.hasOwn(managementScopes, each))
  ) {
    throw new TypeError(`${name} demands something that is not understood`)
  }
  return scopes
}

function tooLarge(): never {
  throw managementFaults['too-large']()
}
