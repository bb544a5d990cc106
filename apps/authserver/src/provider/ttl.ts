import type { Lifetimes } from '@portcullis/oauth/lifetime'
import type { Configuration, KoaContextWithOIDC } from 'oidc-provider'

/** Lifetimes by the names of oidc-provider, in seconds. */
export function ttlOf(lifetimes: Lifetimes): NonNullable<Configuration['ttl']> {
  return {
    AccessToken: () => lifetimes.accessTokenSeconds,
    ClientCredentials: () => lifetimes.accessTokenSeconds,
    AuthorizationCode: () => lifetimes.authorizationCodeSeconds,
    IdToken: () => lifetimes.idTokenSeconds,
    // As long as the sign-in that it waits for.
    DeviceCode: () => lifetimes.interactionSeconds,
    BackchannelAuthenticationRequest: () => lifetimes.interactionSeconds,
    PushedAuthorizationRequest: () => lifetimes.authorizationCodeSeconds,
    Interaction: () => lifetimes.interactionSeconds,
    Session: () => lifetimes.sessionIdleSeconds,
    Grant: () => lifetimes.grantSeconds,
    RefreshToken: (ctx) => Math.min(lifetimes.refreshTokenSeconds, grantSecondsLeft(ctx, lifetimes)),
  }
}

/** No refresh token outlives the grant under which it was issued. */
function grantSecondsLeft(ctx: KoaContextWithOIDC, lifetimes: Lifetimes): number {
  const grant = ctx.oidc.entities.Grant
  return grant === undefined ? lifetimes.grantSeconds : Math.max(1, grant.remainingTTL)
}
