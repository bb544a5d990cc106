import type { Ruling } from '@portcullis/oauth/token-rules/ruling'
import type { Countries } from '@portcullis/ports/countries/port'
import type { Risk } from '@portcullis/ports/risk/port'
import { type AccessToken, type ClientCredentials, type KoaContextWithOIDC, Provider } from 'oidc-provider'
import { claimsOf, ruleClaims } from '../provider/extra-claims.ts'
import { settleSpent } from '../provider/spending.ts'
import type { AskForApproval } from './ask-for-approval.ts'
import { type RulingParts, rulingOf } from './ask-rules.ts'
import type { DecisionRecorder } from './decision-recorder.ts'
import { holdMinted, scopesIn, type ToHold } from './held-token.ts'
import { hurdleError } from './hurdle-error.ts'
import type { ReadTokenRules } from './read-token-rules.ts'
import { type TokenRequest, tokenRequestOf } from './token-request.ts'

/** What token rules need to know of the world. */
export interface RuleParts {
  readonly readTokenRules: ReadTokenRules
  readonly askForApproval: AskForApproval
  readonly recorder: DecisionRecorder
  readonly countries: Countries
  readonly risk: Risk | undefined
}

export type MintedToken = AccessToken | ClientCredentials

/**
 * Every access token is made here: oidc-provider's own grants and ours save one of these two models, and there is no
 * other. So no grant can forget the rules.
 */
export function ruleTokens(provider: Provider, parts: RulingParts): void {
  for (const model of [provider.AccessToken, provider.ClientCredentials] as const) {
    const { save } = model.prototype
    model.prototype.save = async function saveRuled(this: MintedToken) {
      const ctx = Provider.ctx
      if (ctx === undefined) throw new TypeError('a token outside of a request')
      await ruleToken(ctx, parts, this)
      return save.call(this)
    }
  }
}

async function ruleToken(ctx: KoaContextWithOIDC, parts: RulingParts, token: MintedToken): Promise<void> {
  const request = tokenRequestOf(ctx, () => parts.clock.now())
  const scopes = scopesIn(token.scope)
  const user = 'accountId' in token ? token.accountId : undefined
  const ruling = await rulingOf(ctx, parts, {
    occasion: 'token',
    grant: String(ctx.oidc.params?.grant_type),
    user: user === token.clientId ? undefined : user,
    audience: String(token.aud),
    scopes,
    ...claimsOf(ctx, token),
  })
  if (ruling !== undefined) {
    // What is held for people to approve stays, and may not be held twice for one code.
    if (ruling.hurdle !== undefined) await settleSpent(ctx)
    await demandNoHurdle(parts, request, ruling, () => holdMinted(ctx, token))
    const { lifeSeconds } = ruling
    const left = scopes.filter((each) => ruling.scopes.includes(each))
    if (left.length < scopes.length) token.scope = left.join(' ')
    if (lifeSeconds !== undefined) shorten(token, lifeSeconds)
    ruleClaims(token, ruling)
  }
  request.issued = {
    scopes: scopesIn(token.scope),
    seconds: token.expiration,
  }
}

/** Its types do not know that a token's life can be set. */
function shorten(token: MintedToken, seconds: number): void {
  Object.assign(token, { expiresIn: Math.max(1, Math.min(token.expiration, seconds)) })
}

/** What stands in the way is told; what people must allow is held until they have. */
export async function demandNoHurdle(
  { rules: { askForApproval } }: RulingParts,
  request: TokenRequest,
  { hurdle }: Ruling,
  hold: () => ToHold,
): Promise<void> {
  if (hurdle === undefined) return
  throw hurdle.kind === 'approval'
    ? await askForApproval(request, hurdle, hold())
    : hurdleError(request, hurdle)
}
