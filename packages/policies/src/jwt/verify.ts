import type { Keys, VerificationKey } from '@portcullis/ports/keys/port'
import { jwtFaults } from './contract.ts'
import { readJws, type UnverifiedJws } from './jws.ts'
import { checkClaims, type Expectations, type VerifiedClaims } from './rules.ts'
import { holds, isFit } from './signature.ts'
import { parseStrictObject } from './strict-json.ts'

/**
 * Verifies a JWT access token (RFC 9068 §4, RFC 8725): shape and header first, which cost nothing; then the key,
 * the signature, and only then what the token says. Answers at once when the key is at hand.
 *
 * @throws a fault of `jwtFaults`, or `keys.unavailable` when the issuer's keys cannot be had; as a rejection when
 *   the key has to be fetched.
 */
export function verifyToken(
  token: string,
  expected: Expectations,
  keys: Keys,
  nowMillis: number,
): VerifiedClaims | Promise<VerifiedClaims> {
  const jws = readJws(token)
  const key = keys.find(expected.jwksUri, jws.kid)
  return key instanceof Promise
    ? key.then((found) => verifyWith(found, jws, expected, nowMillis))
    : verifyWith(key, jws, expected, nowMillis)
}

function verifyWith(
  key: VerificationKey | undefined,
  jws: UnverifiedJws,
  expected: Expectations,
  nowMillis: number,
): VerifiedClaims {
  if (key === undefined) throw jwtFaults['unknown-key']()
  // The key says what it is for, the token only claims it (RFC 8725 §3.1).
  if (key.algorithm !== jws.algorithm) throw jwtFaults['wrong-algorithm']()
  if (!isFit(key)) {
    throw jwtFaults['wrong-algorithm']({ internal: `the issuer's key is unfit for ${key.algorithm}` })
  }
  if (!holds(key, jws.signed, jws.signature)) throw jwtFaults['bad-signature']()
  const claims = parseStrictObject(jws.payload)
  if (claims === undefined)
    throw jwtFaults.malformed({ detail: 'The payload of the token is no JSON object.' })
  return checkClaims(claims, expected, nowMillis)
}
