import type { KoaContextWithOIDC } from 'oidc-provider'
import { type AccessTokenClaims, revocableOf } from './access-token.ts'
import { SERVES } from './client.ts'
import type { ProviderParts } from './configuration.ts'

/**
 * Introspection (RFC 7662) and revocation (RFC 7009) of our JWT access tokens. oidc-provider authenticates the client, reads
 * the request, and then refuses every JWT as `unsupported_token_type`: at that point, and at no other, the answer is ours.
 */
export async function answerForStructuredToken(
  ctx: KoaContextWithOIDC,
  parts: Pick<ProviderParts, 'readAccessToken' | 'revoker'>,
): Promise<void> {
  const answer = ANSWERS[String(ctx._matchedRouteName)]
  if (answer === undefined || errorOf(ctx.body) !== 'unsupported_token_type') return
  const client = ctx.oidc.client
  const token = ctx.oidc.params?.token
  if (client === undefined || typeof token !== 'string') return
  const claims = await parts.readAccessToken(token)
  const body = await answer(ctx, claims, parts)
  ctx.status = 200
  ctx.body = body
}

type Answer = (
  ctx: KoaContextWithOIDC,
  claims: AccessTokenClaims | undefined,
  parts: Pick<ProviderParts, 'revoker'>,
) => Promise<unknown>

const ANSWERS: Readonly<Record<string, Answer>> = { introspection: introspect, revocation: revoke }

const INACTIVE = { active: false }

/** Told are the app whose token it is, and whoever serves what it is for: nobody else learns even that it is good (§4). */
async function introspect(ctx: KoaContextWithOIDC, claims: AccessTokenClaims | undefined): Promise<unknown> {
  const { client, provider } = ctx.oidc
  if (claims === undefined || client === undefined || client.clientAuthMethod === 'none') return INACTIVE
  const serves: unknown = client[SERVES]
  const isServed = Array.isArray(serves) && serves.includes(claims.aud)
  if (claims.client_id !== client.clientId && !isServed) return INACTIVE
  if ((await provider.Client.find(claims.client_id)) === undefined) return INACTIVE
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
  { revoker }: Pick<ProviderParts, 'revoker'>,
): Promise<string> {
  if (claims !== undefined && claims.client_id === oidc.client?.clientId) {
    await revoker.revokeToken(revocableOf(claims).id, claims.exp * 1000)
  }
  return ''
}

function errorOf(body: unknown): unknown {
  return typeof body === 'object' && body !== null && 'error' in body ? body.error : undefined
}
