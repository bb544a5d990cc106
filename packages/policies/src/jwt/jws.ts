import { parseStrictObject } from '@portcullis/kernel/strict-json'
import { type Algorithm, algorithms, nameOfCertificate } from '@portcullis/ports/keys/port'
import { decodeBase64url, splitJws } from '../token/compact-jws.ts'
import type { Claims } from '../token/identity.ts'
import { jwtFaults } from './contract.ts'

/** Far above what an access token needs, far below what would cost to look at. */
export const MAX_TOKEN_CHARACTERS = 8192
const MAX_KID_CHARACTERS = 256

/** A compact JWS (RFC 7515 §7.1) taken apart. Nothing in it is trusted yet. */
export interface UnverifiedJws {
  readonly algorithm: Algorithm
  readonly kid: string
  /** `typ` in lower case, without `application/`; empty where there is none. */
  readonly type: string
  readonly claims: Claims
  /** What the signature is about (RFC 7515 §5.2, step 8). */
  readonly signed: string
  readonly signature: Buffer
}

/**
 * Takes an access token apart and checks its header, as far as that is possible without a key. What it says may lead
 * to a refusal at once, and to anything else only when the signature holds.
 *
 * @throws jwt.malformed, jwt.wrong-algorithm
 */
export function readJws(token: string, maxCharacters = MAX_TOKEN_CHARACTERS): UnverifiedJws {
  if (token.length > maxCharacters) {
    throw jwtFaults.malformed({ detail: `A token has at most ${maxCharacters} characters.` })
  }
  const parts = splitJws(token)
  if (parts === undefined) {
    throw jwtFaults.malformed({ detail: 'A signed token has three parts, divided by dots.' })
  }
  return {
    ...readHeader(bytesOf(parts.header)),
    signed: parts.signed,
    claims: readClaims(bytesOf(parts.payload)),
    signature: bytesOf(parts.signature),
  }
}

function readHeader(bytes: Buffer): Pick<UnverifiedJws, 'algorithm' | 'kid' | 'type'> {
  const header = parseStrictObject(bytes)
  if (header === undefined)
    throw jwtFaults.malformed({ detail: 'The header of the token is no JSON object.' })
  const { typ, alg } = header
  const algorithm = algorithms.find((each) => each === alg)
  if (algorithm === undefined) throw jwtFaults['wrong-algorithm']()
  // RFC 7515 §4.1.11: we understand no extension, so every critical one is a reason to refuse.
  if (Object.hasOwn(header, 'crit')) {
    throw jwtFaults.malformed({ detail: 'The token demands extensions (crit) that are not understood.' })
  }
  return { algorithm, kid: keyNameIn(header), type: typeOf(typ) }
}

/** `kid`, or `x5t#S256` where there is none (RFC 7515 §4.1.4, §4.1.8). A key that a header brings along (`jwk`, `x5c`) is nobody's. */
function keyNameIn({ kid, 'x5t#S256': x5tS256 }: Record<string, unknown>): string {
  if (kid === undefined && typeof x5tS256 === 'string' && /^[A-Za-z0-9_-]{43}$/.test(x5tS256)) {
    return nameOfCertificate(x5tS256)
  }
  if (typeof kid !== 'string' || kid === '' || kid.length > MAX_KID_CHARACTERS) {
    throw jwtFaults.malformed({ detail: 'The header of the token names no key (kid or x5t#S256).' })
  }
  return kid
}

function readClaims(bytes: Buffer): Claims {
  const claims = parseStrictObject(bytes)
  if (claims === undefined)
    throw jwtFaults.malformed({ detail: 'The payload of the token is no JSON object.' })
  return claims
}

/** `application/` may be left out and case does not matter (RFC 7515 §4.1.9). */
function typeOf(typ: unknown): string {
  if (typ === undefined) return ''
  if (typeof typ !== 'string' || typ === '' || typ.length > 64) throw jwtFaults['wrong-type']()
  return typ.toLowerCase().replace(/^application\//, '')
}

function bytesOf(part: string): Buffer {
  const bytes = decodeBase64url(part)
  if (bytes === undefined) throw jwtFaults.malformed({ detail: 'A part of the token is not base64url.' })
  return bytes
}
