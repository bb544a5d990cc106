import { errors, type KoaContextWithOIDC } from 'oidc-provider'

/** A JWT of an app lives this long at most: it is made for one request. */
export const ASSERTION_SECONDS = 300

/** Whom an assertion to us names: our issuer, or the token endpoint (RFC 7523 §3), and nobody besides. */
export function isForUs({ oidc }: KoaContextWithOIDC, audience: unknown): boolean {
  const [only, ...others] = Array.isArray(audience) ? audience : [audience]
  return others.length === 0 && (only === oidc.issuer || only === oidc.urlFor('token'))
}

/** `exp`: seconds since the epoch. */
export function isShort(exp: unknown): boolean {
  return typeof exp === 'number' && exp <= Date.now() / 1000 + ASSERTION_SECONDS
}

/** oidc-provider has verified the signature, the issuer, and that the time has not passed. */
export function demandOwnAssertion(ctx: KoaContextWithOIDC, claims: Readonly<Record<string, unknown>>): void {
  if (!isForUs(ctx, claims.aud)) {
    throw new errors.InvalidClientAuth(
      'the assertion must name the issuer or the token endpoint as its only audience',
    )
  }
  if (!isShort(claims.exp)) {
    throw new errors.InvalidClientAuth(`the assertion must expire within ${ASSERTION_SECONDS} seconds`)
  }
}
