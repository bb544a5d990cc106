import { createPublicKey, hash, type JsonWebKey } from 'node:crypto'
import type { Algorithm, VerificationKey } from '@portcullis/ports/keys/port'
import { RecentMap } from '../memory/recent-map.ts'
import { isFit } from './signature.ts'

/** The members that make a key, in the order in which they are hashed (RFC 7638 §3.2, RFC 8037 §2). */
const requiredMembers: ReadonlyMap<unknown, readonly string[]> = new Map([
  ['EC', ['crv', 'kty', 'x', 'y']],
  ['RSA', ['e', 'kty', 'n']],
  ['OKP', ['crv', 'kty', 'x']],
])

/** Of private and symmetric keys (RFC 7518 §6.2.2, §6.3.2, §6.4). */
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']

/** A public key that its owner sends along, reduced to what makes it. */
export interface BareKey {
  readonly jwk: JsonWebKey
  /** SHA-256 of its canonical form, base64url (RFC 7638). */
  readonly thumbprint: string
}

/** `undefined` for what is no public key in the form of a JWK. */
export function bareKeyOf(value: unknown): BareKey | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  const jwk = value as Record<string, unknown>
  const names = requiredMembers.get(jwk.kty)
  if (names === undefined || PRIVATE_MEMBERS.some((name) => Object.hasOwn(jwk, name))) return undefined
  if (!names.every((name) => typeof jwk[name] === 'string')) return undefined
  const bare = Object.fromEntries(names.map((name) => [name, jwk[name]])) as JsonWebKey
  return { jwk: bare, thumbprint: hash('sha256', JSON.stringify(bare), 'base64url') }
}

// Making a key costs as much as verifying with it, and who proves to hold one does so with every call.
const known = new RecentMap<VerificationKey>(2_000)

/** The key to verify signatures of this algorithm with; `undefined` where the numbers make none that is fit for it. */
export function verificationKeyOf(bare: BareKey, algorithm: Algorithm): VerificationKey | undefined {
  const name = `${algorithm} ${bare.thumbprint}`
  const before = known.get(name)
  if (before !== undefined) return before
  const made = make(bare, algorithm)
  if (made !== undefined) known.set(name, made)
  return made
}

function make({ jwk, thumbprint }: BareKey, algorithm: Algorithm): VerificationKey | undefined {
  try {
    const key = { kid: thumbprint, algorithm, key: createPublicKey({ key: jwk, format: 'jwk' }) }
    return isFit(key) ? key : undefined
  } catch {
    return undefined // no base64url, or a point that is not on its curve
  }
}
