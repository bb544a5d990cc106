import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto'
import { z } from '@portcullis/kernel/schema'
import type { Algorithm, VerificationKey } from '@portcullis/ports/keys/port'

/** What we look at in a JWK (RFC 7517 §4). Members that are not known must be ignored there. */
const jwk = z.looseObject({
  kty: z.string().max(32),
  kid: z.string().min(1).max(256),
  use: z.string().max(64).optional(),
  key_ops: z.array(z.string().max(64)).max(16).optional(),
  alg: z.string().max(64).optional(),
  crv: z.string().max(32).optional(),
})
type Jwk = z.infer<typeof jwk>

/** Members of private and symmetric keys (RFC 7518 §6.2.2, §6.3.2, §6.4; RFC 8037 §2, RFC 9964 §3). */
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv']

/** RFC 7518 §3.3 demands 2048 bits; beyond 8192 every verification is a burden. */
const MIN_RSA_BITS = 2048
const MAX_RSA_BITS = 8192
const MAX_RSA_EXPONENT = 2n ** 32n

interface Form {
  readonly kty: string
  readonly crv?: string
  /** The members that make the public key; no other reaches the key. */
  readonly members: readonly string[]
  /** What `alg` may say, and the algorithm that it means; the first one when it is absent. */
  readonly algorithms: Readonly<Record<string, Algorithm>>
}

/** Every form of key that is accepted. `Ed25519` is the fully specified name of RFC 9864. */
const forms: readonly Form[] = [
  { kty: 'EC', crv: 'P-256', members: ['x', 'y'], algorithms: { ES256: 'ES256' } },
  { kty: 'EC', crv: 'P-384', members: ['x', 'y'], algorithms: { ES384: 'ES384' } },
  { kty: 'EC', crv: 'P-521', members: ['x', 'y'], algorithms: { ES512: 'ES512' } },
  {
    kty: 'RSA',
    members: ['n', 'e'],
    algorithms: {
      RS256: 'RS256',
      RS384: 'RS384',
      RS512: 'RS512',
      PS256: 'PS256',
      PS384: 'PS384',
      PS512: 'PS512',
    },
  },
  // The algorithm is part of such a key (RFC 9964 §3).
  { kty: 'AKP', members: ['alg', 'pub'], algorithms: { 'ML-DSA-65': 'ML-DSA-65' } },
  { kty: 'OKP', crv: 'Ed25519', members: ['x'], algorithms: { EdDSA: 'EdDSA', Ed25519: 'EdDSA' } },
]

export interface Refused {
  /** The key's id, when it has one that can be shown. */
  readonly kid: string | undefined
  readonly reason: string
}

/** A JWK as a key to verify signatures with, its algorithm fixed; or why it is none. */
export function verificationKeyOf(value: unknown): VerificationKey | Refused {
  const parsed = jwk.safeParse(value)
  if (!parsed.success) return { kid: undefined, reason: 'it is no JWK with a kty and a kid' }
  const { kid } = parsed.data
  const made = make(parsed.data)
  return typeof made === 'string' ? { kid, reason: made } : made
}

function make(key: Jwk): VerificationKey | string {
  if (PRIVATE_MEMBERS.some((member) => Object.hasOwn(key, member))) return 'it is a private or symmetric key'
  if (key.use !== undefined && key.use !== 'sig') return `its use is ${key.use}, not sig`
  if (key.key_ops !== undefined && !key.key_ops.includes('verify')) return 'its key_ops are without verify'
  const form = forms.find((each) => each.kty === key.kty && each.crv === key.crv)
  if (form === undefined) return `keys of ${key.kty} ${key.crv ?? ''} are not accepted`
  const algorithm = algorithmOf(form, key.alg)
  if (algorithm === undefined) return `its alg is ${key.alg}, which its kty and crv do not have here`
  const publicKey = publicKeyOf(key, form)
  if (publicKey === undefined) return 'its numbers make no key'
  return weaknessOf(publicKey) ?? { kid: key.kid, algorithm, key: publicKey }
}

function algorithmOf(form: Form, alg: string | undefined): Algorithm | undefined {
  if (alg === undefined) return Object.values(form.algorithms)[0]
  return Object.hasOwn(form.algorithms, alg) ? form.algorithms[alg] : undefined
}

function publicKeyOf(key: Jwk, form: Form): KeyObject | undefined {
  const bare: JsonWebKey = { kty: form.kty }
  if (form.crv !== undefined) bare.crv = form.crv
  for (const member of form.members) bare[member] = key[member]
  try {
    return createPublicKey({ key: bare, format: 'jwk' })
  } catch {
    return undefined // a member is missing or no base64url, or the point is not on the curve
  }
}

/** Why an RSA key is too weak or too costly; nothing for other keys, whose curve says it all. */
function weaknessOf(key: KeyObject): string | undefined {
  if (key.asymmetricKeyType !== 'rsa') return undefined
  const { modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {}
  if (modulusLength < MIN_RSA_BITS || modulusLength > MAX_RSA_BITS) {
    return `it has ${modulusLength} bits; ${MIN_RSA_BITS} to ${MAX_RSA_BITS} are accepted`
  }
  // With an exponent of 1 a signature is its own message; an even one has no private key.
  if (publicExponent < 3n || publicExponent % 2n === 0n || publicExponent > MAX_RSA_EXPONENT) {
    return 'its public exponent is not accepted'
  }
  return undefined
}
