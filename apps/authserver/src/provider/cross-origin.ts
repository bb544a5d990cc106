import type { KoaContextWithOIDC } from 'oidc-provider'

/** Endpoints that answer a client by name; all others that allow other origins serve public documents. */
const CLIENT_ROUTES: readonly string[] = [
  'token',
  'revocation',
  'introspection',
  'device_authorization',
  'pushed_authorization_request',
  'backchannel_authentication',
  'userinfo',
  'cors.token',
  'cors.revocation',
  'cors.introspection',
  'cors.device_authorization',
  'cors.pushed_authorization_request',
  'cors.userinfo',
]

interface CorsClient {
  readonly clientAuthMethod?: string | undefined
  readonly redirectUris?: readonly string[] | undefined
}

/** Only a public app talks to us from a browser, and only from where its codes are sent. */
export function allowsOrigin(client: CorsClient, origin: string): boolean {
  if (client.clientAuthMethod !== 'none' || origin === 'null') return false
  return client.redirectUris?.some((uri) => URL.parse(uri)?.origin === origin) === true
}

/**
 * Takes back what oidc-provider grants before it knows the client: an answer to an unknown client, or to an origin
 * that is not its own, is readable by no page. A preflight names no client, so none is allowed: token requests
 * as RFC 6749 has them need none (Fetch standard, CORS-safelisted request).
 */
export function narrowCrossOrigin(ctx: KoaContextWithOIDC, route: string): void {
  const origin = ctx.get('Origin')
  const client = ctx.oidc.client
  const allowed = CLIENT_ROUTES.includes(route)
    ? client !== undefined && allowsOrigin(client, origin)
    : origin !== ''
  if (allowed) return
  for (const name of ctx.res.getHeaderNames()) {
    if (name.startsWith('access-control-')) ctx.remove(name)
  }
}
