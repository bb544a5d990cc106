import type { SigningAlgorithm } from '@portcullis/model/signing-key'
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

type ResourceIndicators = NonNullable<NonNullable<Configuration['features']>['resourceIndicators']>

/** The rules of what is granted, at the places where oidc-provider asks for them. */
export function resourceIndicators(
  readDirectory: ReadDirectory,
  algorithm: SigningAlgorithm,
): ResourceIndicators {
  return {
    enabled: true,
    defaultResource: async (ctx, client, oneOf) => {
      if (oneOf !== undefined) return oneOf
      return audienceOf(ctx, client.clientId, [])
    },
    useGrantedResource: () => true,
    getResourceServerInfo: async (ctx, resource, client) => {
      // A code or refresh token carries scopes that were granted before: what is left of them is narrowed, not refused.
      if (!redeemsGrant(ctx)) await audienceOf(ctx, client.clientId, resourcesOf(ctx, resource))
      const allowed = allowedScopes(await readDirectory(), client.clientId, resource)
      if (allowed === undefined) throw refusalError(unknownResource())
      return {
        audience: resource,
        scope: [...allowed].join(' '),
        accessTokenFormat: 'jwt',
        jwt: { sign: { alg: algorithm } },
      }
    },
  }

  async function audienceOf(
    ctx: KoaContextWithOIDC,
    app: string,
    resources: readonly string[],
  ): Promise<string> {
    const scopes = apiScopes(ctx)
    if (ctx.oidc.route !== 'token' && ctx.oidc.requestParamScopes.size === 0) {
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
export function rotation(readDirectory: ReadDirectory): (ctx: KoaContextWithOIDC) => Promise<true> {
  return async (ctx) => {
    const { RefreshToken: token, Client: client } = ctx.oidc.entities
    if (token === undefined || client === undefined) throw new errors.InvalidGrant('no token to refresh')
    const [resource] = [...token.resourceIndicators]
    const asked = ctx.oidc.params?.resource
    if (resource === undefined || (asked !== undefined && asked !== resource))
      throw refusalError(unknownResource())
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
