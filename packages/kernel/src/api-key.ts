import { hash, randomBytes } from 'node:crypto'
import { toBase32 } from './base32.ts'
import { newId } from './id.ts'
import { Secret } from './secret.ts'

/**
 * An API key: `pck_ID_SECRET`, where `pck_ID` names it and the secret is 256 random bits, then a checksum of 30 bits over
 * all that stands before it. So a key is found without searching, a scanner can tell it in a repository or a log, and a
 * slip of the pen from a key that is over.
 */
export interface NewApiKey {
  /** Its first 30 characters, which are no secret. */
  readonly id: string
  readonly key: Secret
}

const PREFIX = 'pck'
const ID_CHARACTERS = 30
const SECRET_BYTES = 32
const CHECKSUM_BYTES = 4
const CHECKSUM_CHARACTERS = 6
/** Of fixed length and without alternatives: linear time. */
const FORM = /^pck_[0-9a-hjkmnp-tv-z]{26}_[0-9a-hjkmnp-tv-z]{58}$/

export function newApiKey(nowMillis: number): NewApiKey {
  const id = newId(PREFIX, nowMillis)
  const body = `${id}_${toBase32(randomBytes(SECRET_BYTES))}`
  return { id, key: new Secret(body + checksumOf(body)) }
}

/** The id that a text names, if it has the form of a key. Whether it is one is for its fingerprint to say. */
export function apiKeyIdOf(text: string): string | undefined {
  return FORM.test(text) ? text.slice(0, ID_CHARACTERS) : undefined
}

/** Whether a text of the right form is as it was given out, as far as can be seen without knowing any key. */
export function hasGoodChecksum(text: string): boolean {
  const body = text.slice(0, -CHECKSUM_CHARACTERS)
  return text.slice(-CHECKSUM_CHARACTERS) === checksumOf(body)
}

function checksumOf(body: string): string {
  return toBase32(hash('sha256', body, 'buffer').subarray(0, CHECKSUM_BYTES)).slice(0, CHECKSUM_CHARACTERS)
}
