import { appOfDocument } from '@portcullis/model/client-document'
import { entitlementsOf } from '@portcullis/oauth/entitlement/entitlements'
import { personOf } from '@portcullis/oauth/sign-in/person'
import type { TokenRules } from '@portcullis/oauth/token-rules/bind-token-rules'
import type { Ruling } from '@portcullis/oauth/token-rules/ruling'
import type { Subject, TokenAsked } from '@portcullis/oauth/token-rules/token-asked'
import { errors, type KoaContextWithOIDC } from 'oidc-provider'
import { ROLES } from '../provider/client.ts'
import type { ProviderParts } from '../provider/configuration.ts'
import { type TokenRequest, tokenRequestOf } from './token-request.ts'

export type RulingParts = Pick<ProviderParts, 'organization' | 'store' | 'clock' | 'readDirectory' | 'rules'>

/** The token that is about to be issued, or that the user is about to let an app have. */
export interface About {
  readonly occasion: TokenAsked['occasion']
  /** The `grant_type` by which it is, or will be, asked for. */
  readonly grant: string
  /** Absent where the app speaks for itself. */
  readonly user?: string | undefined
  readonly audience: string
  readonly scopes: readonly string[]
  readonly acr?: string | undefined
  readonly auth_time?: number | undefined
}

/** Asked once for each request, however often a grant comes by: most ask before they spend what they are made from. */
export async function rulingOf(
  ctx: KoaContextWithOIDC,
  parts: RulingParts,
  about: About,
): Promise<Ruling | undefined> {
  const request = tokenRequestOf(ctx, () => parts.clock.now())
  request.asked ??= {
    grant: about.grant,
    audience: about.audience,
    scopes: about.scopes,
    subject: about.user ?? ctx.oidc.client?.clientId ?? '',
  }
  request.ruling ??= askRules(ctx, parts, request, about)
  return request.ruling
}

async function askRules(
  ctx: KoaContextWithOIDC,
  parts: RulingParts,
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
  parts: RulingParts,
  { asks }: TokenRules,
  { at, approved }: TokenRequest,
  about: About,
): Promise<TokenAsked> {
  const {
    organization,
    rules: { countries, risk },
  } = parts
  const { occasion, audience, scopes, acr, auth_time: authTime } = about
  const user = about.user === undefined ? undefined : await userOf(parts, about.user)
  const known = (await parts.readDirectory()).audiences.get(audience)
  const userAgent = ctx.get('User-Agent') || undefined
  const client = ctx.oidc.client?.clientId ?? ''
  const roles = ctx.oidc.client?.[ROLES]
  const grant = approved?.grant ?? about.grant
  const country = asks.country ? countries.of(ctx.ip) : undefined
  const facts = { organization, occasion: 'token', at, address: ctx.ip, country, userAgent, client } as const
  return {
    occasion,
    grant,
    app: appOfDocument(known?.documentApps ?? [], client) ?? client,
    appRoles: Array.isArray(roles) ? roles : [],
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
  { store, organization }: RulingParts,
  { user, audience }: About,
  app: string,
): Promise<string[]> {
  const holder =
    user === undefined ? ({ kind: 'app', name: app } as const) : ({ kind: 'user', name: user } as const)
  const all = await entitlementsOf(store, organization, holder)
  return all.flatMap((each) => (each.audience === audience ? each.scopes : []))
}

async function userOf({ store, organization }: RulingParts, name: string): Promise<Subject> {
  const subject = await personOf(store, organization, name)
  if (subject === undefined) throw new errors.InvalidGrant('this user may not have tokens')
  return subject
}
