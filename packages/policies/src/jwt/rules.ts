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

/** The claims of a token that passed every check. */
export interface VerifiedClaims {
  readonly issuer: string
  readonly client: string
  readonly subject: string
  readonly scopes: ReadonlySet<string>
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
  /** All of them, as signed. */
  readonly claims: Readonly<Record<string, unknown>>
}

/**
 * Checks the claims of a token whose signature holds (RFC 9068 §4, RFC 8725 §3.8–3.9).
 *
 * @throws jwt.wrong-issuer, jwt.wrong-audience, jwt.bad-claims, jwt.expired, jwt.not-yet-valid
 */
export function checkClaims(
  claims: Readonly<Record<string, unknown>>,
  expected: Expectations,
  nowMillis: number,
): VerifiedClaims {
  if (claims.iss !== expected.issuer) throw jwtFaults['wrong-issuer']()
  if (!names(claims.aud, expected.audience)) throw jwtFaults['wrong-audience']()
  const expiresAt = checkTimes(claims, expected.clockSkewMillis, nowMillis)
  for (const name of expected.requiredClaims) {
    if (!Object.hasOwn(claims, name) || claims[name] === null) throw lacking(name)
  }
  return {
    issuer: expected.issuer,
    client: textClaim(claims, 'client_id'),
    subject: textClaim(claims, 'sub'),
    scopes: scopesIn(claims.scope),
    expiresAt,
    claims,
  }
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
export function checkTimes(
  claims: Readonly<Record<string, unknown>>,
  skewMillis: number,
  nowMillis: number,
): number {
  const expiresAt = millisOf(claims, 'exp')
  if (expiresAt === undefined) throw lacking('exp')
  if (nowMillis >= expiresAt + skewMillis) throw jwtFaults.expired()
  const begins = Math.max(millisOf(claims, 'nbf') ?? 0, millisOf(claims, 'iat') ?? 0)
  if (nowMillis < begins - skewMillis) throw jwtFaults['not-yet-valid']()
  return expiresAt
}

/** A NumericDate (RFC 7519 §2): seconds since the epoch, perhaps with a fraction. */
function millisOf(claims: Readonly<Record<string, unknown>>, name: string): number | undefined {
  const value = claims[name]
  if (value === undefined) return undefined
  if (typeof value !== 'number' || !(value >= 0) || value > MAX_DATE_SECONDS) throw lacking(name)
  return value * 1000
}

/** The last moment of a JavaScript date. */
const MAX_DATE_SECONDS = 8.64e12

function textClaim(claims: Readonly<Record<string, unknown>>, name: string): string {
  const value = claims[name]
  if (typeof value !== 'string' || value === '') throw lacking(name)
  return value
}

/** `scope` is one text, divided by spaces (RFC 6749 §3.3). */
function scopesIn(scope: unknown): ReadonlySet<string> {
  if (scope === undefined || scope === '') return NO_SCOPES
  if (typeof scope !== 'string') throw lacking('scope')
  return new Set(scope.split(' ').filter((each) => each !== ''))
}

const NO_SCOPES: ReadonlySet<string> = new Set()

function lacking(claim: string) {
  return jwtFaults['bad-claims']({ internal: `the claim "${claim}" is absent or of the wrong shape` })
}
