import { hash } from 'node:crypto'
import { parseStrictObject } from '@portcullis/kernel/strict-json'
import { normalizePath } from '@portcullis/model/route/normalize-path'
import type { Algorithm } from '@portcullis/ports/keys/port'
import { decodeBase64url, splitJws } from '../token/compact-jws.ts'
import { bareKeyOf, verificationKeyOf } from '../token/jwk-thumbprint.ts'
import { holds } from '../token/signature.ts'
import { bindingFaults } from './fault.ts'

const MAX_PROOF_CHARACTERS = 4_096
const MAX_JTI_CHARACTERS = 256

/** What a proof must be about. */
export interface ProofExpectations {
  readonly method: string
  /** Where the caller believes to call: scheme, authority and path, in normal form. */
  readonly url: string
  readonly token: string
  /** Thumbprint of the key to which the token is bound. */
  readonly thumbprint: string
  readonly algorithms: readonly Algorithm[]
  /** How old it may be. */
  readonly ageMillis: number
  /** How far ahead its maker's clock may be. */
  readonly skewMillis: number
  readonly nowMillis: number
  /** Whether a nonce is one that we gave out and that still counts; absent where none is asked for. */
  readonly isOurNonce?: (nonce: string) => boolean
}

/** What is left to ask of a proof that is otherwise good. */
export interface GoodProof {
  /** With the key's thumbprint it names this proof alone. */
  readonly jti: string
  readonly nonce: string | undefined
}

/**
 * Checks a DPoP proof (RFC 9449 §4.3): what costs nothing first, the signature last.
 *
 * @throws binding.bad-proof, binding.other-key, binding.new-nonce
 */
export function checkProof(proof: string, expected: ProofExpectations): GoodProof {
  if (proof.length > MAX_PROOF_CHARACTERS) throw bad(`it has more than ${MAX_PROOF_CHARACTERS} characters`)
  const parts = splitJws(proof)
  const header = parts && objectIn(parts.header)
  const claims = parts && objectIn(parts.payload)
  const signature = parts && decodeBase64url(parts.signature)
  if (parts === undefined || header === undefined || claims === undefined || signature === undefined)
    throw bad('it is no JWT')
  if (header.typ !== 'dpop+jwt') throw bad('its typ is not dpop+jwt')
  if (Object.hasOwn(header, 'crit')) throw bad('it demands extensions (crit)')
  const algorithm = expected.algorithms.find((each) => each === header.alg)
  if (algorithm === undefined) throw bad('its alg is not accepted')
  const bare = bareKeyOf(header.jwk)
  if (bare === undefined) throw bad('its jwk is no public key')
  if (bare.thumbprint !== expected.thumbprint) throw bindingFaults['other-key']()
  const good = checkClaims(claims, expected)
  const key = verificationKeyOf(bare, algorithm)
  if (key === undefined) throw bad('its jwk is no key for its alg')
  if (!holds(key, parts.signed, signature)) throw bad('its signature is wrong')
  return good
}

function checkClaims(claims: Record<string, unknown>, expected: ProofExpectations): GoodProof {
  const { jti, htm, htu, iat, ath, nonce } = claims
  if (typeof jti !== 'string' || jti === '' || jti.length > MAX_JTI_CHARACTERS) throw bad('it has no jti')
  if (htm !== expected.method) throw bad('its htm is another method')
  if (typeof htu !== 'string' || normalUrl(htu) !== expected.url) throw bad('its htu is another address')
  if (typeof iat !== 'number' || !(iat >= 0)) throw bad('it has no iat')
  const age = expected.nowMillis - iat * 1000
  if (age > expected.ageMillis || age < -expected.skewMillis) throw bad('its iat is not of this moment')
  if (ath !== hash('sha256', expected.token, 'base64url')) throw bad('its ath is of another token')
  if (nonce !== undefined && typeof nonce !== 'string') throw bad('its nonce is no text')
  if (expected.isOurNonce?.(nonce ?? '') === false) throw bindingFaults['new-nonce']()
  return { jti, nonce }
}

/**
 * Scheme, authority and path in the form in which two addresses are compared (RFC 9449 §4.3, RFC 3986 §6.2): query and
 * fragment don't count. `undefined` for what is no such address.
 */
export function normalUrl(text: string): string | undefined {
  const url = URL.parse(text)
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) return undefined
  const path = normalizePath(url.pathname)
  return path === undefined ? undefined : url.origin + path
}

function objectIn(part: string): Record<string, unknown> | undefined {
  const bytes = decodeBase64url(part)
  return bytes && parseStrictObject(bytes)
}

function bad(reason: string) {
  return bindingFaults['bad-proof']({ detail: `The DPoP proof is not accepted: ${reason}.` })
}
