import type { SigningAlgorithm } from '@portcullis/model/credential/signing-key'
import {
  chooseAudience,
  type Refusal,
  stillAllowed,
  unknownResource,
} from '@portcullis/oauth/choose-audience'
import { allowedScopes } from '@portcullis/oauth/directory'
import { type Configuration, errors, type KoaContextWithOIDC } from 'oidc-provider'
import type { ReadDirectory } from '../read-directory.ts'

/** The one scope that is no API's: the client asks who signed in (OpenID Connect Core §3.1.2.1). */
export const OPENID = 'openid'

/** UserInfo is a protected resource like any API: a token for it is good for nothing else, and no other is good for it. */
export function userinfoOf(issuer: URL): string {
  return `${issuer.href}/userinfo`
}

type ResourceIndicators = NonNullable<NonNullable<Configuration['features']>['resourceIndicators']>

/** The rules of what is granted, at the places where oidc-provider asks for them. */
export function resourceIndicators(
  readDirectory: ReadDirectory,
  algorithm: SigningAlgorithm,
  userinfo: string,
): ResourceIndicators {
  const server = (audience: string, scopes: Iterable<string>) => ({
    audience,
    scope: [...scopes].join(' '),
    accessTokenFormat: 'jwt' as const,
    jwt: { sign: { alg: algorithm } },
  })
  return {
    enabled: true,
    defaultResource: async (ctx, client, oneOf) => {
      if (oneOf !== undefined) return oneOf
      if (asksOnlyWho(ctx)) return userinfo
      return audienceOf(ctx, client.clientId, [])
    },
    useGrantedResource: () => true,
    getResourceServerInfo: async (ctx, resource, client) => {
      if (resource === userinfo) {
        if (!isForUserinfo(ctx)) throw refusalError(unknownResource())
        return server(userinfo, [OPENID])
      }
      // A code or refresh token carries scopes that were granted before: what is left of them is narrowed, not refused.
      if (!redeemsGrant(ctx)) await audienceOf(ctx, client.clientId, resourcesOf(ctx, resource))
      const allowed = allowedScopes(await readDirectory(), client.clientId, resource)
      if (allowed === undefined) throw refusalError(unknownResource())
      return server(resource, allowed)
    },
  }

  async function audienceOf(
    ctx: KoaContextWithOIDC,
    app: string,
    resources: readonly string[],
  ): Promise<string> {
    const scopes = apiScopes(ctx)
    const asksInDetail = ctx.oidc.params?.authorization_details !== undefined
    if (ctx.oidc.route !== 'token' && ctx.oidc.requestParamScopes.size === 0 && !asksInDetail) {
      throw refusalError({
        error: 'invalid_scope',
        description: 'name at least one scope in the scope parameter',
      })
    }
    const choice = chooseAudience(await readDirectory(), { app, resources, scopes })
    if ('refusal' in choice) throw refusalError(choice.refusal)
    return choice.audience
  }
}

/**
 * Refreshes only what is still allowed. It is asked before the refresh token is spent, so that a refused refresh
 * leaves the client the token that it has. Every refresh rotates (RFC 9700 §4.14.2).
 */
export function rotation(
  readDirectory: ReadDirectory,
  userinfo: string,
): (ctx: KoaContextWithOIDC) => Promise<true> {
  return async (ctx) => {
    const { RefreshToken: token, Client: client } = ctx.oidc.entities
    if (token === undefined || client === undefined) throw new errors.InvalidGrant('no token to refresh')
    const [resource] = [...token.resourceIndicators]
    const asked = ctx.oidc.params?.resource
    if (resource === undefined || (asked !== undefined && asked !== resource))
      throw refusalError(unknownResource())
    if (resource === userinfo) return true
    const granted = [...token.scopes].filter((scope) => scope !== OPENID)
    const left = stillAllowed(await readDirectory(), client.clientId, resource, granted)
    if (left === undefined) throw refusalError(unknownResource())
    const missing = apiScopes(ctx).filter((scope) => !left.includes(scope))
    if (missing.length > 0 || (left.length === 0 && granted.length > 0)) {
      const names = (missing.length > 0 ? missing : granted).map((scope) => `'${scope}'`).join(', ')
      throw refusalError({
        error: 'invalid_scope',
        description: `the subscriptions of this app no longer allow ${names} for this resource`,
      })
    }
    return true
  }
}

export function refusalError({ error, description }: Refusal): Error {
  return new errors.CustomOIDCProviderError(error, description)
}

/** Who signed in, and no API: the client wants to ask UserInfo. */
function asksOnlyWho(ctx: KoaContextWithOIDC): boolean {
  return ctx.oidc.requestParamScopes.has(OPENID) && isForUserinfo(ctx)
}

function isForUserinfo(ctx: KoaContextWithOIDC): boolean {
  if (ctx.oidc.params?.grant_type === 'client_credentials') return false
  return redeemsGrant(ctx) || (ctx.oidc.requestParamScopes.has(OPENID) && apiScopes(ctx).length === 0)
}

function redeemsGrant({ oidc }: KoaContextWithOIDC): boolean {
  return oidc.route === 'token' && oidc.params?.grant_type !== 'client_credentials'
}

/** Scopes of APIs among those asked for. A client that acts for itself has nobody's identity to ask for. */
function apiScopes({ oidc }: KoaContextWithOIDC): string[] {
  const scopes = [...oidc.requestParamScopes]
  return oidc.params?.grant_type === 'client_credentials'
    ? scopes
    : scopes.filter((scope) => scope !== OPENID)
}

function resourcesOf({ oidc }: KoaContextWithOIDC, resource: string): string[] {
  const all: unknown = oidc.params?.resource
  return Array.isArray(all) ? all.map(String) : [resource]
}
