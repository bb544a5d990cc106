import { andThen } from '@portcullis/policy-kit/and-then'
import type { Keys, VerificationKey } from '@portcullis/ports/keys/port'
import type { Forgeries } from '../token/forgeries.ts'
import type { TokenIdentity } from '../token/identity.ts'
import { checkTokenForm } from '../token/presented.ts'
import { holds, isFit } from '../token/signature.ts'
import { jwtFaults } from './contract.ts'
import { type DecryptionKey, openJwe } from './jwe.ts'
import { MAX_TOKEN_CHARACTERS, readJws, type UnverifiedJws } from './jws.ts'
import { checkClaims, checkTimes, type Expectations, expectationsOf, lifeOf } from './rules.ts'
import { isSameKey, type VerifiedToken, type VerifiedTokens } from './verified-tokens.ts'

/** With what tokens are verified. */
export interface Verification {
  /** One for each issuer. */
  readonly expected: readonly Expectations[]
  readonly keys: Keys
  /** Made for the same expectations and keys. */
  readonly remembered?: VerifiedTokens
  readonly forgeries?: Forgeries
  /** Absent where only signed tokens are taken. */
  readonly decryption?: Decryption
}

export interface Decryption {
  readonly keys: readonly DecryptionKey[]
  readonly required: boolean
}

/**
 * Verifies a JWT access token (RFC 9068 §4, RFC 8725): shape, header and claims first, which cost little and may only
 * lead to a refusal; then the key and the signature. Answers at once when the key is at hand.
 *
 * Of a token that is remembered only that is asked which may have changed: whether the issuer still has the key, and the
 * time.
 *
 * `address` is the caller's.
 *
 * @throws a fault of `jwtFaults`, or `keys.unavailable` when the issuer's keys cannot be had; as a rejection when
 *   the key has to be fetched.
 */
export function verifyToken(
  token: string,
  verification: Verification,
  nowMillis: number,
  address: string,
): TokenIdentity | Promise<TokenIdentity> {
  const known = verification.remembered?.recall(token)
  if (known === undefined) return verifyAnew(token, verification, nowMillis, address)
  const found = verification.keys.find(known.expected.jwksUri, known.kid)
  return found instanceof Promise
    ? found.then((key) => recognise(token, known, key, verification, nowMillis, address))
    : recognise(token, known, found, verification, nowMillis, address)
}

function recognise(
  token: string,
  known: VerifiedToken,
  found: VerificationKey | undefined,
  verification: Verification,
  nowMillis: number,
  address: string,
): TokenIdentity | Promise<TokenIdentity> {
  if (!isSameKey(found, known.key)) return verifyAnew(token, verification, nowMillis, address)
  if (nowMillis < known.beginsSeconds * 1000 || nowMillis >= known.endsSeconds * 1000) {
    checkTimes(known.verified.claims, known.expected, nowMillis)
  }
  // The set was fetched anew: from now on its own object is compared, which is cheaper.
  if (found !== known.key) verification.remembered?.remember(token, { ...known, key: found })
  return known.verified
}

function verifyAnew(
  token: string,
  verification: Verification,
  nowMillis: number,
  address: string,
): TokenIdentity | Promise<TokenIdentity> {
  checkTokenForm(token, (detail) => jwtFaults['bad-request']({ detail }))
  const { decryption, forgeries } = verification
  if (decryption === undefined || !isEncrypted(token)) {
    if (decryption?.required === true) throw jwtFaults['not-encrypted']()
    return verifySigned(token, token, verification, nowMillis, address)
  }
  if (token.length > MAX_TOKEN_CHARACTERS) {
    throw jwtFaults.malformed({ detail: `A token has at most ${MAX_TOKEN_CHARACTERS} characters.` })
  }
  return andThen(forgeries?.admit(address), () => {
    const signed = openJwe(token, decryption.keys)
    if (signed !== undefined) return verifySigned(signed, token, verification, nowMillis, address)
    return andThen(forgeries?.count(address), () => {
      throw jwtFaults.undecryptable()
    })
  })
}

/** `token` is what the caller sent, and is remembered: `signed` itself, or what it came out of. */
function verifySigned(
  signed: string,
  token: string,
  { expected: all, keys, remembered, forgeries }: Verification,
  nowMillis: number,
  address: string,
): TokenIdentity | Promise<TokenIdentity> {
  const jws = readJws(signed)
  const expected = expectationsOf(jws.claims, all)
  // RFC 9068 §4: an ID token or any other JWT of the same issuer is not taken for an access token.
  if (!expected.types.includes(jws.type)) throw jwtFaults['wrong-type']()
  if (!expected.algorithms.includes(jws.algorithm)) throw jwtFaults['wrong-algorithm']()
  const verified = checkClaims(jws.claims, expected, nowMillis)

  const checkWith = (key: VerificationKey | undefined): TokenIdentity | Promise<TokenIdentity> => {
    const fault = objectionTo(key, jws)
    if (jwtFaults['bad-signature'].is(fault)) {
      return andThen(forgeries?.count(address), () => {
        throw fault
      })
    }
    if (fault !== undefined) throw fault
    remembered?.remember(token, {
      kid: jws.kid,
      key: key as VerificationKey,
      expected,
      verified,
      ...lifeOf(jws.claims, expected),
    })
    return verified
  }
  return andThen(forgeries?.admit(address), () => andThen(keys.find(expected.jwksUri, jws.kid), checkWith))
}

/** Five parts, where a signed token has three (RFC 7516 §3.1). */
function isEncrypted(token: string): boolean {
  return token.split('.', 6).length === 5
}

/** Why a key does not speak for a token. */
function objectionTo(key: VerificationKey | undefined, jws: UnverifiedJws) {
  if (key === undefined) return jwtFaults['unknown-key']()
  // The key says what it is for, the token only claims it (RFC 8725 §3.1).
  if (key.algorithm !== jws.algorithm) return jwtFaults['wrong-algorithm']()
  if (!isFit(key)) {
    return jwtFaults['wrong-algorithm']({ internal: `the issuer's key is unfit for ${key.algorithm}` })
  }
  return holds(key, jws.signed, jws.signature) ? undefined : jwtFaults['bad-signature']()
}
