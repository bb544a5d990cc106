import { argon2, randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import type { Secret } from '@portcullis/kernel/secret'

/** OWASP's second recommendation for Argon2id: 19 MiB, two passes, one lane. */
const MEMORY_KIB = 19_456
const PASSES = 2
const LANES = 1
const SALT_BYTES = 16
const TAG_BYTES = 32

const derive = promisify(argon2)

/** Argon2id (RFC 9106) as a PHC string: `$argon2id$v=19$m=19456,t=2,p=1$SALT$HASH`, base64 without padding. */
export async function hashPassword(password: Secret): Promise<string> {
  const salt = randomBytes(SALT_BYTES)
  const tag = await derive('argon2id', {
    message: password.reveal(),
    nonce: salt,
    parallelism: LANES,
    tagLength: TAG_BYTES,
    memory: MEMORY_KIB,
    passes: PASSES,
  })
  return `$argon2id$v=19$m=${MEMORY_KIB},t=${PASSES},p=${LANES}$${base64(salt)}$${base64(tag)}`
}

function base64(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '')
}
