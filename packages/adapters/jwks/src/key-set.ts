import { nameOfCertificate, type VerificationKey } from '@portcullis/ports/keys/port'
import { certificateOf } from './certificate.ts'
import { type Refused, verificationKeyOf } from './verification-key.ts'

/** A JWK Set (RFC 7517 §5) as far as it can be used. */
export interface KeySet {
  readonly keys: ReadonlyMap<string, VerificationKey>
  /** Keys that are left out. They do not spoil the others (RFC 7517 §5). */
  readonly refused: readonly Refused[]
}

/** Reads a set. Throws an `Error` that says what is wrong with it as a whole. */
export function readKeySet(text: string, maxKeys: number): KeySet {
  const list = listOf(JSON.parse(text))
  if (list.length > maxKeys)
    throw new Error(`the set has ${list.length} keys; at most ${maxKeys} are accepted`)
  const keys = new Map<string, VerificationKey>()
  const refused: Refused[] = []
  for (const each of list) {
    const key = verificationKeyOf(each)
    if ('reason' in key) {
      refused.push(key)
      continue
    }
    const certificate = certificateOf(each as object, key.key)
    if (certificate !== undefined && 'reason' in certificate) {
      refused.push({ kid: key.kid, reason: certificate.reason })
    } else if (keys.has(key.kid)) {
      refused.push({ kid: key.kid, reason: 'another key of the set has its kid' })
    } else {
      keys.set(key.kid, key)
      if (certificate !== undefined) addByCertificate(keys, nameOfCertificate(certificate.thumbprint), key)
    }
  }
  return { keys, refused }
}

/** A name that is taken stays with who has it: no key is found by a name under which another was. */
function addByCertificate(keys: Map<string, VerificationKey>, kid: string, key: VerificationKey): void {
  if (!keys.has(kid)) keys.set(kid, { ...key, kid })
}

function listOf(value: unknown): readonly unknown[] {
  if (typeof value === 'object' && value !== null && 'keys' in value && Array.isArray(value.keys)) {
    return value.keys
  }
  throw new Error('the answer is no JWK Set: it has no list of keys')
}
