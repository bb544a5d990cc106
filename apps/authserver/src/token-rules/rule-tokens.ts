import { entitlementsOf } from '@portcullis/oauth/entitlement/entitlements'
import { personOf } from '@portcullis/oauth/sign-in/person'
import type { TokenRules } from '@portcullis/oauth/token-rules/bind-token-rules'
import type { Ruling } from '@portcullis/oauth/token-rules/ruling'
import type { Subject, TokenAsked } from '@portcullis/oauth/token-rules/token-asked'
import type { Countries } from '@portcullis/ports/countries/port'
import type { Risk } from '@portcullis/ports/risk/port'
import {
  type AccessToken,
  type ClientCredentials,
  errors,
  type KoaContextWithOIDC,
  Provider,
} from 'oidc-provider'
import type { ProviderParts } from '../provider/configuration.ts'
import { claimsOf, ruleClaims } from '../provider/extra-claims.ts'
import type { AskForApproval } from './ask-for-approval.ts'
import type { DecisionRecorder } from './decision-recorder.ts'
import { holdMinted, holdRefreshed, scopesIn, type ToHold } from './held-token.ts'
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

type Parts = Pick<ProviderParts, 'organization' | 'store' | 'clock' | 'readDirectory' | 'rules'>
export type MintedToken = AccessToken | ClientCredentials

/**
 * Every access token is made here: oidc-provider's own grants and ours save one of these two models, and there is no
 * other. So no grant can forget the rules.
 */
export function ruleTokens(provider: Provider, parts: Parts): void {
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

async function ruleToken(ctx: KoaContextWithOIDC, parts: Parts, token: MintedToken): Promise<void> {
  const request = tokenRequestOf(ctx, () => parts.clock.now())
  const user = 'accountId' in token ? token.accountId : undefined
  const about = {
    user: user === token.clientId ? undefined : user,
    audience: String(token.aud),
    scopes: scopesIn(token.scope),
    ...claimsOf(ctx, token),
  }
  const ruling = await rulingOf(ctx, parts, request, about)
  if (ruling !== undefined) {
    await demandNoHurdle(parts, request, ruling, () => holdMinted(ctx, token))
    const { lifeSeconds } = ruling
    const left = about.scopes.filter((each) => ruling.scopes.includes(each))
    if (left.length < about.scopes.length) token.scope = left.join(' ')
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

interface About {
  /** Absent where the app speaks for itself. */
  readonly user?: string | undefined
  readonly audience: string
  readonly scopes: readonly string[]
  readonly acr?: string | undefined
  readonly auth_time?: number | undefined
}

/** Asked once for each request, however often a grant comes by: a refresh asks before it spends its token. */
async function rulingOf(
  ctx: KoaContextWithOIDC,
  parts: Parts,
  request: TokenRequest,
  about: About,
): Promise<Ruling | undefined> {
  request.asked ??= {
    audience: about.audience,
    scopes: about.scopes,
    subject: about.user ?? ctx.oidc.client?.clientId ?? '',
  }
  request.ruling ??= askRules(ctx, parts, request, about)
  return request.ruling
}

async function askRules(
  ctx: KoaContextWithOIDC,
  parts: Parts,
  request: TokenRequest,
  about: About,
): Promise<Ruling | undefined> {
  const rules = await parts.rules.readTokenRules()
  if (rules === undefined) return undefined
  const ruling = await rules.rule(await askedOf(ctx, parts, rules, request, about))
  request.ruled = ruling
  const isApproved = request.approved !== undefined && ruling.hurdle?.kind === 'approval'
  return isApproved ? { ...ruling, hurdle: undefined } : ruling
}

async function askedOf(
  ctx: KoaContextWithOIDC,
  parts: Parts,
  { asks }: TokenRules,
  { at, approved }: TokenRequest,
  about: About,
): Promise<TokenAsked> {
  const {
    organization,
    rules: { countries, risk },
  } = parts
  const { audience, scopes, acr, auth_time: authTime } = about
  const user = about.user === undefined ? undefined : await userOf(parts, about.user)
  const known = (await parts.readDirectory()).audiences.get(audience)
  const userAgent = ctx.get('User-Agent') || undefined
  const client = ctx.oidc.client?.clientId ?? ''
  const grant = approved?.grant ?? String(ctx.oidc.params?.grant_type)
  const country = asks.country ? countries.of(ctx.ip) : undefined
  const facts = { organization, occasion: 'token', at, address: ctx.ip, country, userAgent, client } as const
  return {
    grant,
    app: client,
    user,
    audience,
    api: known?.api,
    environments: [...(known?.environments.keys() ?? [])],
    scopes,
    entitled: asks.entitlements ? await entitledTo(parts, about, client) : [],
    acr,
    authTime,
    address: ctx.ip,
    country,
    userAgent: userAgent?.slice(0, 512),
    risk:
      asks.risk && risk !== undefined
        ? Math.round(await risk.assess({ ...facts, subject: about.user ?? client, audience, grant }))
        : undefined,
    nowMillis: at,
  }
}

async function entitledTo(
  { store, organization }: Parts,
  { user, audience }: About,
  app: string,
): Promise<string[]> {
  const holder =
    user === undefined ? ({ kind: 'app', name: app } as const) : ({ kind: 'user', name: user } as const)
  const all = await entitlementsOf(store, organization, holder)
  return all.flatMap((each) => (each.audience === audience ? each.scopes : []))
}

async function userOf({ store, organization }: Parts, name: string): Promise<Subject> {
  const subject = await personOf(store, organization, name)
  if (subject === undefined) throw new errors.InvalidGrant('this user may not have tokens')
  return subject
}

/** Before a refresh token is spent: what refuses leaves the app the one that it has. */
export async function ruleRefresh(ctx: KoaContextWithOIDC, parts: Parts): Promise<void> {
  const token = ctx.oidc.entities.RefreshToken
  if (token === undefined) return
  const [resource = ''] = [...token.resourceIndicators]
  const asked = ctx.oidc.requestParamScopes
  const about = {
    user: token.accountId,
    audience: String(resource),
    scopes: [...(asked.size > 0 ? asked : token.scopes)],
    acr: token.acr,
    auth_time: token.authTime,
  }
  const request = tokenRequestOf(ctx, () => parts.clock.now())
  const ruling = await rulingOf(ctx, parts, request, about)
  if (ruling === undefined) return
  await demandNoHurdle(parts, request, ruling, () => holdRefreshed(ctx, token, about.audience))
}

async function demandNoHurdle(
  { rules: { askForApproval } }: Parts,
  request: TokenRequest,
  { hurdle }: Ruling,
  hold: () => ToHold,
): Promise<void> {
  if (hurdle === undefined) return
  throw hurdle.kind === 'approval'
    ? await askForApproval(request, hurdle, hold())
    : hurdleError(request, hurdle)
}
