import type { Algorithm } from '@portcullis/ports/keys/port'
import { brokenAssertion, type ReadyAssertion } from '../token/claim-assertion.ts'
import {
  type ClaimPlaces,
  type Claims,
  millisAt,
  readIdentity,
  type TokenIdentity,
} from '../token/identity.ts'
import { jwtFaults } from './contract.ts'

/** What a token of one issuer must be and say to be good for something. */
export interface Expectations {
  /** Compared character by character (RFC 9068 §4). */
  readonly issuer: string
  /** Where the issuer publishes its keys. */
  readonly jwksUri: string
  /** One of them is one of the token's audiences (RFC 9068 §4). */
  readonly audiences: readonly string[]
  readonly algorithms: readonly Algorithm[]
  /** Values of `typ` in lower case, without `application/`; an empty text stands for a token without `typ`. */
  readonly types: readonly string[]
  readonly places: ClaimPlaces
  /** How far two clocks may be apart. */
  readonly clockSkewMillis: number
  /** How long ago it may have been issued; however long when absent. */
  readonly maxAgeMillis?: number
  readonly assertions: readonly ReadyAssertion[]
}

/** What is expected of the issuer of a token. */
export function expectationsOf(claims: Claims, expected: readonly Expectations[]): Expectations {
  const found = expected.find(({ issuer }) => issuer === claims.iss)
  if (found === undefined) throw jwtFaults['wrong-issuer']()
  return found
}

/**
 * Checks the claims of a token (RFC 9068 §4, RFC 8725 §3.8–3.9) and reads who calls.
 *
 * @throws jwt.wrong-audience, jwt.bad-claims, jwt.refused-claim, jwt.expired, jwt.not-yet-valid, jwt.too-old
 */
export function checkClaims(claims: Claims, expected: Expectations, nowMillis: number): TokenIdentity {
  if (!names(claims.aud, expected.audiences)) throw jwtFaults['wrong-audience']()
  const expiresAt = checkTimes(claims, expected, nowMillis)
  const broken = brokenAssertion(expected.assertions, claims)
  if (broken !== undefined) {
    throw jwtFaults['refused-claim']({ internal: `the claim ${broken} is not as it must be` })
  }
  return readIdentity(claims, expected.issuer, expected.places, expiresAt, lacking)
}

/** `aud` is one audience or a list of them (RFC 7519 §4.1.3). */
function names(told: unknown, audiences: readonly string[]): boolean {
  return audiences.some((each) => (Array.isArray(told) ? told.includes(each) : told === each))
}

/**
 * `exp` must be there; a token is over at that very moment (RFC 7519 §4.1.4). `nbf` may be absent, and `iat` too where
 * the age does not matter. Answers with the moment at which the token is over, in milliseconds since the epoch.
 *
 * @throws jwt.bad-claims, jwt.expired, jwt.not-yet-valid, jwt.too-old
 */
export function checkTimes(
  claims: Claims,
  { clockSkewMillis, maxAgeMillis }: Pick<Expectations, 'clockSkewMillis' | 'maxAgeMillis'>,
  nowMillis: number,
): number {
  const expiresAt = millisAt(claims, 'exp', lacking)
  if (expiresAt === undefined) throw lacking('exp')
  if (nowMillis >= expiresAt + clockSkewMillis) throw jwtFaults.expired()
  const issuedAt = millisAt(claims, 'iat', lacking)
  const begins = Math.max(millisAt(claims, 'nbf', lacking) ?? 0, issuedAt ?? 0)
  if (nowMillis < begins - clockSkewMillis) throw jwtFaults['not-yet-valid']()
  if (maxAgeMillis === undefined) return expiresAt
  if (issuedAt === undefined) throw lacking('iat')
  if (nowMillis >= issuedAt + maxAgeMillis + clockSkewMillis) throw jwtFaults['too-old']()
  return expiresAt
}

/**
 * From when to when `checkTimes` finds nothing for certain: said once of claims that it let pass. In whole seconds since the
 * epoch, which lie in the object itself; milliseconds would be objects of their own, and there is one for each token.
 */
export interface Life {
  readonly beginsSeconds: number
  readonly endsSeconds: number
}

export function lifeOf(
  claims: Claims,
  { clockSkewMillis, maxAgeMillis }: Pick<Expectations, 'clockSkewMillis' | 'maxAgeMillis'>,
): Life {
  const expiresAt = millisAt(claims, 'exp', lacking) ?? 0
  const issuedAt = millisAt(claims, 'iat', lacking) ?? 0
  const begins = Math.max(millisAt(claims, 'nbf', lacking) ?? 0, issuedAt)
  const ends = maxAgeMillis === undefined ? expiresAt : Math.min(expiresAt, issuedAt + maxAgeMillis)
  return {
    beginsSeconds: Math.ceil((begins - clockSkewMillis) / 1000),
    endsSeconds: Math.floor((ends + clockSkewMillis) / 1000),
  }
}

function lacking(claim: string) {
  return jwtFaults['bad-claims']({ internal: `the claim "${claim}" is absent or of the wrong shape` })
}
