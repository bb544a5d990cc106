import { errors, type KoaContextWithOIDC } from 'oidc-provider'
import { PROFILE } from './client.ts'

/** With which apps may sign. */
export const CLIENT_ALGORITHMS = ['ES256', 'ES384', 'ES512', 'PS256', 'RS256', 'EdDSA', 'Ed25519'] as const

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

type Claims = Readonly<Record<string, unknown>>

/** Whether a JWT says what it is, or nothing: one that an app made for something else is none for this (RFC 8725 §3.11). */
export function isTyped(
  typ: unknown,
  kind: 'client-authentication+jwt' | 'authorization-grant+jwt',
): boolean {
  if (typ === undefined) return true
  const told = String(typ)
    .toLowerCase()
    .replace(/^application\//, '')
  return told === 'jwt' || told === kind
}

/** oidc-provider has verified the signature, the issuer, and that the time has not passed. */
export function demandOwnAssertion(ctx: KoaContextWithOIDC, claims: Claims, header: Claims): void {
  if (!isTyped(header.typ, 'client-authentication+jwt')) {
    throw new errors.InvalidClientAuth('the assertion is a JWT of another kind')
  }
  if (!isForUs(ctx, claims.aud)) {
    throw new errors.InvalidClientAuth(
      'the assertion must name the issuer or the token endpoint as its only audience',
    )
  }
  if (!isShort(claims.exp)) {
    throw new errors.InvalidClientAuth(`the assertion must expire within ${ASSERTION_SECONDS} seconds`)
  }
  if (ctx.oidc.client?.[PROFILE] !== 'fapi2') return
  // FAPI 2.0 Security Profile §5.3.2.1 and §5.4.1: the issuer as a text, and no signature of PKCS #1 v1.5.
  if (claims.aud !== ctx.oidc.issuer) {
    throw new errors.InvalidClientAuth('the assertion must name the issuer')
  }
  if (header.alg === 'RS256') throw new errors.InvalidClientAuth('RS256 is not taken under FAPI 2.0')
}

/** A signed authorization request (RFC 9101) ends soon, says what it is, and is no assertion (§10.8). */
export function demandShortRequest(claims: Claims, header: Claims): void {
  if (header.typ !== undefined && header.typ !== 'oauth-authz-req+jwt' && header.typ !== 'JWT') {
    throw new errors.InvalidRequestObject('its typ is not oauth-authz-req+jwt')
  }
  if ('sub' in claims) throw new errors.InvalidRequestObject('it must not have a subject')
  if (!isShort(claims.exp)) {
    throw new errors.InvalidRequestObject(`it must expire within ${ASSERTION_SECONDS} seconds`)
  }
}
