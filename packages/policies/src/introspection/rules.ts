import { valueAt } from '@portcullis/kernel/json-pointer'
import { brokenAssertion, type ReadyAssertion } from '../token/claim-assertion.ts'
import {
  type ClaimPlaces,
  type Claims,
  millisAt,
  readIdentity,
  type TokenIdentity,
} from '../token/identity.ts'
import { introspectionFaults } from './contract.ts'

/** What an answer must say. */
export interface AnswerExpectations {
  readonly issuer: string
  readonly audiences: readonly string[]
  readonly places: ClaimPlaces
  readonly assertions: readonly ReadyAssertion[]
}

/** Who calls, and from when on. The end is the identity's. */
export interface Introspected {
  readonly identity: TokenIdentity
  /** Milliseconds since the epoch. */
  readonly begins: number
}

/**
 * Reads the answer of an introspection endpoint (RFC 7662 §2.2) about a token that was asked about at `askedAt`.
 *
 * @throws introspection.inactive, introspection.wrong-issuer, introspection.wrong-audience,
 *   introspection.refused-claim, introspection.bad-answer
 */
export function readAnswer(answer: Claims, expected: AnswerExpectations, askedAt: number): Introspected {
  if (answer.active === false) throw introspectionFaults.inactive()
  if (answer.active !== true) throw lacking('active')
  // An answer may leave its issuer out (RFC 7662 §2.2): then it speaks of the endpoint's own.
  if (answer.iss !== undefined && answer.iss !== expected.issuer) throw introspectionFaults['wrong-issuer']()
  if (!names(answer.aud, expected.audiences)) throw introspectionFaults['wrong-audience']()
  const broken = brokenAssertion(expected.assertions, answer)
  if (broken !== undefined) {
    throw introspectionFaults['refused-claim']({ internal: `the claim ${broken} is not as it must be` })
  }
  const expiresAt = millisAt(answer, 'exp', lacking) ?? Number.POSITIVE_INFINITY
  const read = readIdentity(answer, expected.issuer, placesIn(answer, expected.places), expiresAt, lacking)
  const begins = Math.max(millisAt(answer, 'nbf', lacking) ?? 0, millisAt(answer, 'iat', lacking) ?? 0)
  return {
    identity: {
      ...read,
      ...(read.token && { token: { ...read.token, issuedAt: issuedAt(answer, askedAt) } }),
    },
    begins,
  }
}

/** @throws introspection.expired, introspection.not-yet-valid */
export function checkTimes({ identity, begins }: Introspected, skewMillis: number, nowMillis: number): void {
  if (nowMillis >= identity.expiresAt + skewMillis) throw introspectionFaults.expired()
  if (nowMillis < begins - skewMillis) throw introspectionFaults['not-yet-valid']()
}

/** A token of which it is not said was issued before it was asked about, and was good then. */
function issuedAt(answer: Claims, askedAt: number): number {
  return millisAt(answer, 'iat', lacking) ?? askedAt
}

/** Where no user is involved some say nothing of a subject: then the app speaks for itself (RFC 9068 §2.2). */
function placesIn(answer: Claims, places: ClaimPlaces): ClaimPlaces {
  return valueAt(answer, places.subject) === undefined ? { ...places, subject: places.client } : places
}

function names(told: unknown, audiences: readonly string[]): boolean {
  return audiences.some((each) => (Array.isArray(told) ? told.includes(each) : told === each))
}

function lacking(claim: string) {
  return introspectionFaults['bad-answer']({
    internal: `"${claim}" is absent from the answer or of the wrong shape`,
  })
}
