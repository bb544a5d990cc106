import type { Keys, VerificationKey } from '@portcullis/ports/keys/port'
import { checkTokenForm } from '../presented-token.ts'
import type { TokenIdentity } from '../token-identity.ts'
import { jwtFaults } from './contract.ts'
import { readJws, type UnverifiedJws } from './jws.ts'
import { checkClaims, checkTimes, type Expectations } from './rules.ts'
import { holds, isFit } from './signature.ts'
import { parseStrictObject } from './strict-json.ts'
import { isSameKey, type VerifiedTokens } from './verified-tokens.ts'

/**
 * Verifies a JWT access token (RFC 9068 §4, RFC 8725): shape and header first, which cost nothing; then the key,
 * the signature, and only then what the token says. Answers at once when the key is at hand.
 *
 * Of a token that is remembered only that is asked which may have changed: whether the issuer still has the key, and the
 * time. `remembered` must have been made for the same expectations and keys.
 *
 * @throws a fault of `jwtFaults`, or `keys.unavailable` when the issuer's keys cannot be had; as a rejection when
 *   the key has to be fetched.
 */
export function verifyToken(
  token: string,
  expected: Expectations,
  keys: Keys,
  nowMillis: number,
  remembered?: VerifiedTokens,
): TokenIdentity | Promise<TokenIdentity> {
  const known = remembered?.recall(token)
  if (known !== undefined) {
    const key = keys.find(expected.jwksUri, known.kid)
    const recall = (found: VerificationKey | undefined): TokenIdentity => {
      if (!isSameKey(found, known.key)) return verifyAnew(found, readJws(token))
      checkTimes(known.verified.claims, expected.clockSkewMillis, nowMillis)
      // The set was fetched anew: from now on its own object is compared, which is cheaper.
      if (found !== known.key) remembered?.remember(token, { ...known, key: found })
      return known.verified
    }
    return key instanceof Promise ? key.then(recall) : recall(key)
  }

  function verifyAnew(key: VerificationKey | undefined, jws: UnverifiedJws): TokenIdentity {
    if (key === undefined) throw jwtFaults['unknown-key']()
    const verified = verifyWith(key, jws, expected, nowMillis)
    remembered?.remember(token, { kid: jws.kid, key, verified })
    return verified
  }

  checkTokenForm(token, (detail) => jwtFaults['bad-request']({ detail }))
  const jws = readJws(token)
  const key = keys.find(expected.jwksUri, jws.kid)
  return key instanceof Promise ? key.then((found) => verifyAnew(found, jws)) : verifyAnew(key, jws)
}

function verifyWith(
  key: VerificationKey,
  jws: UnverifiedJws,
  expected: Expectations,
  nowMillis: number,
): TokenIdentity {
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
