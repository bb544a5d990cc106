import {
  type AuthorizationCode,
  type BackchannelAuthenticationRequest,
  type DeviceCode,
  errors,
  type Grant,
  type KoaContextWithOIDC,
  Provider,
} from 'oidc-provider'
import { resolveAndApplyResource } from 'oidc-provider/lib/helpers/grants.js'
import { type About, type RulingParts, rulingOf } from './ask-rules.ts'
import { holdRefreshed, scopesIn } from './held-token.ts'
import { hurdleError } from './hurdle-error.ts'
import { demandNoHurdle } from './rule-tokens.ts'
import { tokenRequestOf } from './token-request.ts'

type Source = AuthorizationCode | DeviceCode | BackchannelAuthenticationRequest

/**
 * What an app may redeem once is spent only when the rules have let it pass: what was refused, it may try again from a better place, or
 * at a better time, while it is good. What waits for approval is spent: what it gave is held.
 */
export function ruleBeforeSpending(provider: Provider, parts: RulingParts): void {
  const { AuthorizationCode, DeviceCode, BackchannelAuthenticationRequest } = provider
  for (const model of [AuthorizationCode, DeviceCode, BackchannelAuthenticationRequest]) {
    const prototype = model.prototype as Spendable
    const { consume } = prototype
    prototype.consume = async function consumeRuled(this: Source & Spendable) {
      const ctx = Provider.ctx
      if (ctx !== undefined) await ruleSource(ctx, parts, this)
      return consume.call(this)
    }
  }
}

/** Its types do not know it of all of them. */
interface Spendable {
  consume(): Promise<void>
}

async function ruleSource(ctx: KoaContextWithOIDC, parts: RulingParts, source: Source): Promise<void> {
  // Of what the user refused there is no grant. Without rules there is nothing to look up either.
  if (source.grantId === undefined || (await parts.rules.readTokenRules()) === undefined) return
  const { provider } = ctx.oidc
  const grant = await provider.Grant.find(source.grantId)
  if (grant === undefined) return
  const token = await tokenOf(ctx, source, grant)
  const ruling = await rulingOf(ctx, parts, {
    occasion: 'token',
    grant: String(ctx.oidc.params?.grant_type),
    user: source.accountId,
    ...token,
    acr: source.acr,
    auth_time: source.authTime,
  })
  const hurdle = ruling?.hurdle
  if (hurdle === undefined || hurdle.kind === 'approval') return
  throw hurdleError(
    tokenRequestOf(ctx, () => parts.clock.now()),
    hurdle,
  )
}

/** For whom and with what it would be, as oidc-provider will make it. */
async function tokenOf(
  ctx: KoaContextWithOIDC,
  source: Source,
  grant: Grant,
): Promise<Pick<About, 'audience' | 'scopes'>> {
  const { provider, client } = ctx.oidc
  if (client === undefined || source.accountId === undefined) throw new errors.InvalidGrant('it is nobody’s')
  const token = new provider.AccessToken({ client, accountId: source.accountId, grantId: grant.jti, gty: '' })
  await resolveAndApplyResource(provider, ctx, source, token, grant)
  return { audience: String(token.aud), scopes: scopesIn(token.scope) }
}

/** Before a refresh token is spent: what refuses leaves the app the one that it has. */
export async function ruleRefresh(ctx: KoaContextWithOIDC, parts: RulingParts): Promise<void> {
  const token = ctx.oidc.entities.RefreshToken
  if (token === undefined) return
  const [resource = ''] = [...token.resourceIndicators]
  const asked = ctx.oidc.requestParamScopes
  const audience = String(resource)
  const ruling = await rulingOf(ctx, parts, {
    occasion: 'token',
    grant: String(ctx.oidc.params?.grant_type),
    user: token.accountId,
    audience,
    scopes: [...(asked.size > 0 ? asked : token.scopes)],
    acr: token.acr,
    auth_time: token.authTime,
  })
  if (ruling === undefined) return
  const request = tokenRequestOf(ctx, () => parts.clock.now())
  await demandNoHurdle(parts, request, ruling, () => holdRefreshed(ctx, token, audience))
}
