import { type Argon2Parameters, argon2, randomBytes, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { defineFaults } from '@portcullis/kernel/fault'
import type { Secret } from '@portcullis/kernel/secret'
import { type Argon2idHash, formatPhc, parsePhc } from './phc.ts'

/** OWASP's first choice for Argon2id: 19 MiB, two passes, one lane (about 50 ms). */
const COST = { memoryKibibytes: 19_456, passes: 2, lanes: 1 } as const
const SALT_BYTES = 16
const TAG_BYTES = 32

/** Longer texts are refused before any work is spent on them. */
export const MAX_PASSWORD_BYTES = 1024

export const passwordFaults = defineFaults('password', {
  'too-long': {
    status: 400,
    title: 'The password is too long',
    remedy: `Choose one of at most ${MAX_PASSWORD_BYTES} bytes.`,
  },
  'too-short': {
    status: 422,
    title: 'The password is too short',
    remedy: 'Choose a longer one, such as a few words. Length protects more than odd characters do.',
  },
  known: {
    status: 422,
    title: 'Others know that password',
    remedy:
      'Choose another: it is on a list of passwords that were lost elsewhere, or nearly so, and is tried first.',
  },
  personal: {
    status: 422,
    title: 'The password is made of what others know of you',
    remedy: 'Choose another, without your name, your address and the name of this service.',
  },
  unreadable: {
    status: 500,
    title: 'A stored password cannot be read',
    remedy: 'Operators: the stored hash is no Argon2id PHC string; set the password again.',
  },
})

/** A password as a PHC string with a salt of its own. Fault: `password.too-long`. */
export async function hashPassword(password: Secret): Promise<string> {
  const message = bytesOf(password)
  if (message === undefined) throw passwordFaults['too-long']()
  const salt = randomBytes(SALT_BYTES)
  const tag = await derive(message, { ...COST, salt, tag: Buffer.alloc(TAG_BYTES) })
  return formatPhc({ ...COST, salt, tag })
}

/** Whether a password is the one that was hashed. Compares in constant time. Fault: `password.unreadable`. */
export async function verifyPassword(phc: string, password: Secret): Promise<boolean> {
  const stored = parsePhc(phc)
  if (stored === undefined) throw passwordFaults.unreadable()
  const message = bytesOf(password)
  if (message === undefined) return false
  return timingSafeEqual(await derive(message, stored), stored.tag)
}

/**
 * A hash that no password has, with the cost of every other: verifying against it makes an unknown account take
 * as long as a known one.
 */
export function decoyPasswordHash(): string {
  return formatPhc({ ...COST, salt: randomBytes(SALT_BYTES), tag: randomBytes(TAG_BYTES) })
}

/** The text in NFC (RFC 8265 §4.2.2): the same password typed on another keyboard gives the same bytes. */
function bytesOf(password: Secret): Buffer | undefined {
  const text = password.reveal()
  // No form of Unicode text is shorter in UTF-8 bytes than in UTF-16 units, so this spares normalizing megabytes.
  if (text.length > MAX_PASSWORD_BYTES) return undefined
  const bytes = Buffer.from(text.normalize('NFC'), 'utf8')
  return bytes.length > MAX_PASSWORD_BYTES ? undefined : bytes
}

const argon2Async: (algorithm: 'argon2id', parameters: Argon2Parameters) => Promise<Buffer> =
  promisify(argon2)

function derive(message: Buffer, hash: Argon2idHash): Promise<Buffer> {
  return argon2Async('argon2id', {
    message,
    nonce: hash.salt,
    parallelism: hash.lanes,
    tagLength: hash.tag.length,
    memory: hash.memoryKibibytes,
    passes: hash.passes,
  })
}
