import type { KoaContextWithOIDC } from 'oidc-provider'

const SIGNED = 'application/token-introspection+jwt'

/**
 * Signs the answer about a JWT, where that is asked for (RFC 9701), as oidc-provider does for tokens that it keeps: whoever
 * is told can show it later on, and nobody between us could have written it. It is for that one app, and says nothing of its
 * own beside the answer (§5).
 */
export async function signIntrospection(ctx: KoaContextWithOIDC): Promise<void> {
  if (ctx._matchedRouteName !== 'introspection' || ctx.status !== 200) return
  ctx.vary('Accept')
  if (typeof ctx.body === 'string' || !ctx.get('Accept').toLowerCase().includes(SIGNED)) return
  if (ctx.accepts('json', SIGNED) !== SIGNED) return
  const { provider } = ctx.oidc
  const answer = new provider.IdToken({}, { ctx })
  answer.set('token_introspection', ctx.body)
  ctx.body = await answer.issue({ use: 'introspection' })
  ctx.type = SIGNED
}
