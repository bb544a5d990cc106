import type { AuthorizationDetail } from '@portcullis/oauth/authorization-detail'
import { chooseAudience } from '@portcullis/oauth/choose-audience'
import { type AccessToken, errors, type KoaContextWithOIDC } from 'oidc-provider'
import {
  applyRefreshTokenBindings,
  buildTokenResponse,
  checkDpopReplay,
  checkDpopRequired,
  checkMtlsCert,
  validateDpop,
} from 'oidc-provider/lib/helpers/grants.js'
import { presentedCertificate } from '../mutual-tls/mutual-tls.ts'
import { carry, type ExtraClaims } from '../provider/extra-claims.ts'
import { refusalError } from '../provider/resource-indicator.ts'
import type { HeldRefresh } from '../token-rules/held-token.ts'
import { type GrantParts, parameter } from './grant.ts'

export interface ToIssue {
  readonly subject: string
  readonly audience: string
  readonly scopes: readonly string[]
  /** Beside those that every token has. */
  readonly claims: ExtraClaims
  /** What it allows beyond scopes (RFC 9396). */
  readonly details?: readonly AuthorizationDetail[]
  /** The most that it may live. */
  readonly seconds: number
  /** What it is made from was bound to a key, so it is bound as well, or the binding would be lost. */
  readonly mustBeBound: boolean
  /** To which it must be bound, where that is known already. */
  readonly boundTo?: { readonly jkt: string | undefined; readonly x5t: string | undefined }
  /** The app shows its key or certificate with this request, or nothing may be bound: `false` where it showed it when it asked. */
  readonly proved?: boolean
  /** What a refresh token needs besides, where there is one. */
  readonly refresh?: HeldRefresh
  /** Spends what it is made from: the last thing before the token is issued. */
  readonly spend?: () => Promise<void>
  readonly issuedTokenType?: string
}

/** Issues an access token as oidc-provider does for its own grants: bound to the key or certificate of the request. */
export async function issueAccessToken(
  ctx: KoaContextWithOIDC,
  { signing, lifetimes }: GrantParts,
  wanted: ToIssue,
): Promise<void> {
  const { provider, client } = ctx.oidc
  if (client === undefined) throw new errors.InvalidClient('no client')
  const { proof, certificate } = wanted.proved === false ? NOTHING : await proofOf(ctx, wanted)
  const [alg = 'ES256'] = signing.algorithms
  const scope = wanted.scopes.join(' ')
  const token = new provider.AccessToken({
    accountId: wanted.subject,
    client,
    // Absent where nobody allowed anything: an app's own token that was exchanged.
    grantId: wanted.claims.grant_id as string,
    scope,
    gty: String(ctx.oidc.params?.grant_type),
    expiresIn: Math.max(1, Math.min(lifetimes.accessTokenSeconds, wanted.seconds)),
    resourceServer: new provider.ResourceServer(wanted.audience, {
      audience: wanted.audience,
      scope,
      accessTokenFormat: 'jwt',
      jwt: { sign: { alg } },
    }),
  })
  if (certificate !== undefined) token.setThumbprint('x5t', certificate)
  if (proof !== undefined) token.setThumbprint('jkt', proof.thumbprint)
  const { boundTo } = wanted
  if (wanted.proved === false) bind(token, boundTo)
  else if (boundTo !== undefined && (token.jkt !== boundTo.jkt || token['x5t#S256'] !== boundTo.x5t)) {
    throw new errors.InvalidGrant('it is bound to another key or certificate')
  }
  // As oidc-provider names it: its own grants set it themselves.
  if (wanted.details !== undefined && wanted.details.length > 0)
    Object.assign(token, { rar: [...wanted.details] })
  carry(token, wanted.claims)
  await wanted.spend?.()
  ctx.oidc.entity('AccessToken', token)
  const accessToken = await token.save()
  const { issuedTokenType, refresh } = wanted
  const refreshToken =
    refresh === undefined ? undefined : await issueRefreshToken(ctx, wanted, refresh, token)
  ctx.body = buildTokenResponse(provider, {
    accessToken,
    refreshToken,
    authorizationDetails: wanted.details,
    expiresIn: token.expiration,
    tokenType: token.tokenType,
    // Rules may have left fewer.
    scope: token.scope === '' ? undefined : token.scope,
    ...(issuedTokenType !== undefined && { issuedTokenType }),
  })
}

const NOTHING = { proof: undefined, certificate: undefined }

/** With what the app shows that a bound token would be its own. */
async function proofOf(ctx: KoaContextWithOIDC, { mustBeBound }: ToIssue) {
  const { provider, client } = ctx.oidc
  const proof = await validateDpop(provider, ctx)
  const demanded = checkMtlsCert(provider, ctx)
  checkDpopRequired(provider, ctx, proof)
  const certificate = demanded ?? (mustBeBound && proof === undefined ? presentedCertificate(ctx) : undefined)
  if (mustBeBound && proof === undefined && certificate === undefined) {
    throw new errors.InvalidRequest(
      'the token that was given in is bound to a key: send a DPoP proof of yours, or show a certificate',
    )
  }
  await checkDpopReplay(provider, ctx, proof, client?.clientId ?? '')
  return { proof, certificate }
}

/** To what the app showed when it asked: whoever gets the token without that key has nothing. */
function bind(token: AccessToken, boundTo: ToIssue['boundTo']): void {
  if (boundTo?.jkt !== undefined) Object.assign(token, { jkt: boundTo.jkt })
  if (boundTo?.x5t !== undefined) Object.assign(token, { 'x5t#S256': boundTo.x5t })
}

/** As oidc-provider gives one with what a user allowed. */
async function issueRefreshToken(
  ctx: KoaContextWithOIDC,
  { subject, claims, details }: ToIssue,
  { gty, scope, resource, nonce }: HeldRefresh,
  accessToken: AccessToken,
): Promise<string | undefined> {
  const { provider, client } = ctx.oidc
  if (client?.grantTypeAllowed('refresh_token') !== true) return undefined
  const token = new provider.RefreshToken({
    accountId: subject,
    client,
    grantId: claims.grant_id as string,
    gty,
    scope,
    rotations: 0,
    ...(resource !== undefined && { resource: typeof resource === 'string' ? resource : [...resource] }),
    ...(nonce !== undefined && { nonce }),
    ...(claims.acr !== undefined && { acr: claims.acr }),
    ...(claims.amr !== undefined && { amr: [...claims.amr] }),
    ...(claims.auth_time !== undefined && { authTime: claims.auth_time }),
    ...(claims.sid !== undefined && { sessionUid: claims.sid }),
    ...(details !== undefined && details.length > 0 && { rar: [...details] }),
  })
  await applyRefreshTokenBindings(provider, ctx, accessToken, token)
  ctx.oidc.entity('RefreshToken', token)
  return token.save()
}

/** For the API that the request means, with scopes that the app's own subscriptions allow. */
export async function issueForApp(
  ctx: KoaContextWithOIDC,
  parts: GrantParts,
  subject: string,
): Promise<void> {
  const scopes = [...ctx.oidc.requestParamScopes]
  const app = ctx.oidc.client?.clientId ?? ''
  const resource = parameter(ctx, 'resource') ?? parameter(ctx, 'audience')
  const choice = chooseAudience(await parts.readDirectory(), {
    app,
    scopes,
    resources: resource === undefined ? [] : [resource],
  })
  if ('refusal' in choice) throw refusalError(choice.refusal)
  await issueAccessToken(ctx, parts, {
    subject,
    audience: choice.audience,
    scopes,
    claims: {},
    seconds: parts.lifetimes.accessTokenSeconds,
    mustBeBound: false,
  })
}
