import { type Algorithm, algorithms, nameOfCertificate } from '@portcullis/ports/keys/port'
import { jwtFaults } from './contract.ts'
import { parseStrictObject } from './strict-json.ts'

/** Far above what an access token needs, far below what would cost to look at. */
export const MAX_TOKEN_CHARACTERS = 8192
const MAX_KID_CHARACTERS = 256

/** A compact JWS (RFC 7515 §7.1) taken apart. Nothing in it is trusted yet. */
export interface UnverifiedJws {
  readonly algorithm: Algorithm
  readonly kid: string
  /** What the signature is about (RFC 7515 §5.2, step 8). */
  readonly signed: string
  readonly payload: Buffer
  readonly signature: Buffer
}

/**
 * Takes an access token apart and checks its header, as far as that is possible without a key: cheap refusals come
 * before dear ones. The payload stays closed until the signature holds.
 *
 * @throws jwt.malformed, jwt.wrong-type, jwt.wrong-algorithm
 */
export function readJws(token: string): UnverifiedJws {
  if (token.length > MAX_TOKEN_CHARACTERS) {
    throw jwtFaults.malformed({ detail: `A token has at most ${MAX_TOKEN_CHARACTERS} characters.` })
  }
  const parts = splitJws(token)
  if (parts === undefined) {
    throw jwtFaults.malformed({ detail: 'A signed token has three parts, divided by dots.' })
  }
  return {
    ...readHeader(bytesOf(parts.header)),
    signed: parts.signed,
    payload: bytesOf(parts.payload),
    signature: bytesOf(parts.signature),
  }
}

/** The three parts of a compact JWS, still encoded, and what its signature is about. */
export interface JwsParts {
  readonly header: string
  readonly payload: string
  readonly signature: string
  readonly signed: string
}

/** `undefined` unless there are exactly three parts. */
export function splitJws(text: string): JwsParts | undefined {
  const afterHeader = text.indexOf('.')
  const afterPayload = text.indexOf('.', afterHeader + 1)
  if (afterHeader < 1 || afterPayload < 0 || text.includes('.', afterPayload + 1)) return undefined
  return {
    header: text.slice(0, afterHeader),
    payload: text.slice(afterHeader + 1, afterPayload),
    signature: text.slice(afterPayload + 1),
    signed: text.slice(0, afterPayload),
  }
}

function readHeader(bytes: Buffer): Pick<UnverifiedJws, 'algorithm' | 'kid'> {
  const header = parseStrictObject(bytes)
  if (header === undefined)
    throw jwtFaults.malformed({ detail: 'The header of the token is no JSON object.' })
  const { typ, alg } = header
  // RFC 9068 §4: an ID token or any other JWT of the same issuer is not taken for an access token.
  if (!isAccessTokenType(typ)) throw jwtFaults['wrong-type']()
  const algorithm = algorithms.find((each) => each === alg)
  if (algorithm === undefined) throw jwtFaults['wrong-algorithm']()
  // RFC 7515 §4.1.11: we understand no extension, so every critical one is a reason to refuse.
  if (Object.hasOwn(header, 'crit')) {
    throw jwtFaults.malformed({ detail: 'The token demands extensions (crit) that are not understood.' })
  }
  return { algorithm, kid: keyNameIn(header) }
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

/** `application/` may be left out and case does not matter (RFC 7515 §4.1.9). */
function isAccessTokenType(typ: unknown): boolean {
  if (typeof typ !== 'string' || typ.length > 32) return false
  const type = typ.toLowerCase()
  return type === 'at+jwt' || type === 'application/at+jwt'
}

function bytesOf(part: string): Buffer {
  const bytes = decodeBase64url(part)
  if (bytes === undefined) throw jwtFaults.malformed({ detail: 'A part of the token is not base64url.' })
  return bytes
}

/**
 * Only the one text that stands for these bytes is taken: no padding, no stray bits (RFC 7515 §2, RFC 4648 §3.5).
 * `undefined` for any other and for none.
 */
export function decodeBase64url(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64url')
  return text === '' || bytes.toString('base64url') !== text ? undefined : bytes
}
