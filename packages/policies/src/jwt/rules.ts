import { type Claims, millisAt, readIdentity, standardPlaces, type TokenIdentity } from '../token-identity.ts'
import { jwtFaults } from './contract.ts'

/** What a token must say to be good for something. */
export interface Expectations {
  /** Compared character by character (RFC 9068 §4). */
  readonly issuer: string
  /** Where the issuer publishes its keys. */
  readonly jwksUri: string
  /** One of the token's audiences (RFC 9068 §4). */
  readonly audience: string
  /** How far two clocks may be apart. */
  readonly clockSkewMillis: number
  /** Claims that must be there besides those of RFC 9068. */
  readonly requiredClaims: readonly string[]
}

/**
 * Checks the claims of a token whose signature holds (RFC 9068 §4, RFC 8725 §3.8–3.9).
 *
 * @throws jwt.wrong-issuer, jwt.wrong-audience, jwt.bad-claims, jwt.expired, jwt.not-yet-valid
 */
export function checkClaims(claims: Claims, expected: Expectations, nowMillis: number): TokenIdentity {
  if (claims.iss !== expected.issuer) throw jwtFaults['wrong-issuer']()
  if (!names(claims.aud, expected.audience)) throw jwtFaults['wrong-audience']()
  const expiresAt = checkTimes(claims, expected.clockSkewMillis, nowMillis)
  for (const name of expected.requiredClaims) {
    if (!Object.hasOwn(claims, name) || claims[name] === null) throw lacking(name)
  }
  return readIdentity(claims, expected.issuer, standardPlaces, expiresAt, lacking)
}

/** `aud` is one audience or a list of them (RFC 7519 §4.1.3). */
function names(audiences: unknown, audience: string): boolean {
  return Array.isArray(audiences) ? audiences.includes(audience) : audiences === audience
}

/**
 * `exp` must be there; a token is over at that very moment (RFC 7519 §4.1.4). `nbf` and `iat` may be absent. Answers
 * with the moment at which the token is over, in milliseconds since the epoch.
 *
 * @throws jwt.bad-claims, jwt.expired, jwt.not-yet-valid
 */
export function checkTimes(claims: Claims, skewMillis: number, nowMillis: number): number {
  const expiresAt = millisAt(claims, 'exp', lacking)
  if (expiresAt === undefined) throw lacking('exp')
  if (nowMillis >= expiresAt + skewMillis) throw jwtFaults.expired()
  const begins = Math.max(millisAt(claims, 'nbf', lacking) ?? 0, millisAt(claims, 'iat', lacking) ?? 0)
  if (nowMillis < begins - skewMillis) throw jwtFaults['not-yet-valid']()
  return expiresAt
}

function lacking(claim: string) {
  return jwtFaults['bad-claims']({ internal: `the claim "${claim}" is absent or of the wrong shape` })
}
