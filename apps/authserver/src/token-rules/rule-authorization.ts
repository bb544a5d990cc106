import { isKnownAcr, meetsAcr } from '@portcullis/oauth/sign-in/acr'
import type { Hurdle } from '@portcullis/oauth/token-rules/ruling'
import type { KoaContextWithOIDC } from 'oidc-provider'
import { ACCOUNT_APP } from '../provider/own-app.ts'
import { type RulingParts, rulingOf } from './ask-rules.ts'
import { hurdleError, stepUpAsked } from './hurdle-error.ts'
import { tokenRequestOf } from './token-request.ts'

/** What the rules ask of a user who is about to let an app have a token. */
export interface AuthorizationRules {
  /** They signed in too long ago. */
  needsSignIn(ctx: KoaContextWithOIDC): Promise<boolean>
  needsSecondFactor(ctx: KoaContextWithOIDC): Promise<boolean>
  /** Tells the app now what would refuse the token later, where the user can do nothing about it. */
  demandNotRefused(ctx: KoaContextWithOIDC): Promise<void>
}

/**
 * The rules at the authorization endpoint, and where users let devices in. They are asked about the token to which this leads, so
 * that nobody agrees to what is refused a moment later. At the token endpoint they are asked again: this opens nothing.
 */
export function rulesOfAuthorization(parts: RulingParts): AuthorizationRules {
  const requestOf = (ctx: KoaContextWithOIDC) => tokenRequestOf(ctx, () => parts.clock.now())
  return {
    async needsSignIn(ctx) {
      const hurdle = await hurdleOf(ctx, parts)
      const { session, result } = ctx.oidc
      // Who has just signed in gets no nearer to it by doing so again.
      if (hurdle?.kind !== 'step-up' || hurdle.maxAgeSeconds === undefined || result?.login !== undefined) {
        return false
      }
      const request = requestOf(ctx)
      const age = Math.floor(request.at / 1000) - (session?.authTime() ?? 0)
      return age > hurdle.maxAgeSeconds && stepUpAsked(request)
    },

    async needsSecondFactor(ctx) {
      const hurdle = await hurdleOf(ctx, parts)
      if (hurdle?.kind !== 'step-up' || hurdle.acr === undefined || !isKnownAcr(hurdle.acr)) return false
      return !meetsAcr(ctx.oidc.session?.acr, [hurdle.acr]) && stepUpAsked(requestOf(ctx))
    },

    async demandNotRefused(ctx) {
      const hurdle = await hurdleOf(ctx, parts)
      const isUnknown = hurdle?.kind === 'step-up' && hurdle.acr !== undefined && !isKnownAcr(hurdle.acr)
      if (hurdle?.kind === 'refused' || isUnknown) throw hurdleError(requestOf(ctx), hurdle)
    },
  }
}

async function hurdleOf(ctx: KoaContextWithOIDC, parts: RulingParts): Promise<Hurdle | undefined> {
  const { account, session, client, resourceServers = {}, deviceCode, requestParamScopes } = ctx.oidc
  const [server] = Object.values(resourceServers)
  if (account === undefined || client === undefined || server === undefined) return undefined
  // Whoever signs in to the own account lets no app have anything.
  if (client.clientId === ACCOUNT_APP) return undefined
  const ruling = await rulingOf(ctx, parts, {
    occasion: 'authorization',
    grant: deviceCode === undefined ? 'authorization_code' : DEVICE_GRANT,
    user: account.accountId,
    audience: server.identifier(),
    scopes: [...requestParamScopes].filter((each) => server.scopes.has(each)),
    acr: session?.acr,
    auth_time: session?.authTime(),
  })
  return ruling?.hurdle
}

const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code'
