import type { KoaContextWithOIDC, Provider } from 'oidc-provider'
import introspection from 'oidc-provider/lib/actions/introspection.js'
import revocation from 'oidc-provider/lib/actions/revocation.js'
import rejectStructuredTokens from 'oidc-provider/lib/shared/reject_structured_tokens.js'
import { type AccessTokenClaims, revocableOf } from './access-token.ts'
import { SERVES } from './client.ts'
import type { ProviderParts } from './configuration.ts'

type Parts = Pick<ProviderParts, 'readAccessToken' | 'revoker'>

const answering = new WeakMap<Provider, Parts>()

/**
 * Introspection (RFC 7662) and revocation (RFC 7009) of our JWT access tokens. oidc-provider authenticates the client, reads
 * the request, and then has a step that refuses every JWT: ours takes its place.
 */
export function answerForStructuredTokens(provider: Provider, parts: Parts): void {
  answering.set(provider, parts)
}

for (const steps of [introspection, revocation]) {
  const place = steps.indexOf(rejectStructuredTokens)
  if (place < 0) throw new TypeError('oidc-provider has no step that refuses JWTs where we look for it')
  steps[place] = answerForStructuredToken
}

async function answerForStructuredToken(ctx: KoaContextWithOIDC, next: () => Promise<void>): Promise<void> {
  const { client, provider } = ctx.oidc
  const parts = answering.get(provider)
  const answer = ANSWERS[String(ctx._matchedRouteName)]
  const token = ctx.oidc.params?.token
  if (parts === undefined || answer === undefined) return rejectStructuredTokens(ctx, next)
  // What oidc-provider makes itself is base64url, in one piece.
  if (client === undefined || typeof token !== 'string' || !token.includes('.')) return next()
  const body = await answer(ctx, await parts.readAccessToken(token), parts)
  ctx.status = 200
  ctx.body = body
}

type Answer = (
  ctx: KoaContextWithOIDC,
  claims: AccessTokenClaims | undefined,
  parts: Parts,
) => Promise<unknown>

const ANSWERS: Readonly<Record<string, Answer>> = { introspection: introspect, revocation: revoke }

const INACTIVE = { active: false }

/** Told are the app whose token it is, and whoever serves what it is for: nobody else learns even that it is good (§4). */
async function introspect(ctx: KoaContextWithOIDC, claims: AccessTokenClaims | undefined): Promise<unknown> {
  const { client, provider } = ctx.oidc
  if (claims === undefined || client === undefined || client.clientAuthMethod === 'none') return INACTIVE
  const isOwn = claims.client_id === client.clientId
  const serves: unknown = client[SERVES]
  const isServed = Array.isArray(serves) && serves.includes(claims.aud)
  if (!isOwn && !isServed) return INACTIVE
  if (!isOwn && (await provider.Client.find(claims.client_id)) === undefined) return INACTIVE
  if (!(await standsForSomebody(ctx, claims))) return INACTIVE
  return { active: true, token_type: claims.cnf?.jkt === undefined ? 'Bearer' : 'DPoP', ...claims }
}

/** A user's token is good only while the grant is, and the user may sign in. */
async function standsForSomebody({ oidc }: KoaContextWithOIDC, claims: AccessTokenClaims): Promise<boolean> {
  if (claims.grant_id === undefined) return true
  const grant = await oidc.provider.Grant.find(claims.grant_id)
  return grant?.accountId === claims.sub
}

/** Somebody else's token is answered like one that is unknown, and stays good (§2.1). */
async function revoke(
  { oidc }: KoaContextWithOIDC,
  claims: AccessTokenClaims | undefined,
  { revoker }: Parts,
): Promise<string> {
  if (claims !== undefined && claims.client_id === oidc.client?.clientId) {
    await revoker.revokeToken(revocableOf(claims).id, claims.exp * 1000)
  }
  return ''
}
