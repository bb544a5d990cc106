import {
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  hkdfSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto'
import { Secret } from '@portcullis/kernel/secret'
import { type Secrets, secretsFaults } from '@portcullis/ports/secrets/port'
import { checkMasterKey, masterKeyFrom } from './master-key.ts'

/**
 * Secrets sealed in envelopes: each text is encrypted by AES-256-GCM (NIST SP 800-38D) under a data key of its own, which
 * is itself sealed the same way under a key derived (HKDF, RFC 5869) from the master key.
 *
 *     pc1.<id of the master key>.<sealed data key>.<sealed text>
 *
 * Version, master key and context are authenticated with both parts. A data key is used once; the wrapping key with
 * random 96-bit nonces, for which SP 800-38D §8.3 allows 2³² sealings.
 */
export interface EnvelopeOptions {
  /** 32 bytes: as a key, or as text in base64 or hex. See `loadMasterKey`. */
  readonly masterKey: Secret | KeyObject
}

const VERSION = 'pc1'
const CIPHER = 'aes-256-gcm'
const KEY_BYTES = 32
const NONCE_BYTES = 12
const TAG_BYTES = 16
const MASTER_ID_BYTES = 9
/** What we keep sealed is keys and tokens; a longer text is not one of ours. */
const MAX_SECRET_BYTES = 256 * 1024
const MAX_SEALED_CHARACTERS = 2 * MAX_SECRET_BYTES

/** Throws `master-key.malformed` when the master key is not 32 bytes. */
export function openEnvelopeSecrets(options: EnvelopeOptions): Secrets {
  const master =
    options.masterKey instanceof Secret ? masterKeyFrom(options.masterKey) : checkMasterKey(options.masterKey)
  const wrappingKey = createSecretKey(derive(master, 'wrapping key', KEY_BYTES))
  const masterId = derive(master, 'id', MASTER_ID_BYTES).toString('base64url')
  const head = `${VERSION}.${masterId}`

  return {
    async seal(secret, context) {
      const text = Buffer.from(secret.reveal())
      if (text.length > MAX_SECRET_BYTES || !secret.reveal().isWellFormed()) {
        throw new RangeError(`a secret is a well-formed text of at most ${MAX_SECRET_BYTES} bytes`)
      }
      const dataKey = randomBytes(KEY_BYTES)
      const bound = associated(head, context)
      const sealedKey = encrypt(wrappingKey, dataKey, bound)
      const sealedText = encrypt(dataKey, text, bound)
      dataKey.fill(0)
      text.fill(0)
      return `${head}.${sealedKey.toString('base64url')}.${sealedText.toString('base64url')}`
    },

    async open(sealed, context) {
      const envelope = parse(sealed, masterId)
      const bound = associated(head, context)
      const dataKey = decrypt(wrappingKey, envelope.sealedKey, bound)
      const text = decrypt(dataKey, envelope.sealedText, bound)
      const secret = new Secret(text.toString('utf8'))
      dataKey.fill(0)
      text.fill(0)
      return secret
    },
  }
}

interface Envelope {
  readonly sealedKey: Buffer
  readonly sealedText: Buffer
}

function parse(sealed: string, masterId: string): Envelope {
  if (sealed.length > MAX_SEALED_CHARACTERS)
    throw unreadable('it is longer than anything that was sealed here')
  const [version, sealedWith, key, text, ...more] = sealed.split('.', 5)
  if (
    version !== VERSION ||
    sealedWith === undefined ||
    key === undefined ||
    text === undefined ||
    more.length > 0
  ) {
    throw unreadable(`it is no text of the form ${VERSION}.…`)
  }
  if (sealedWith !== masterId) {
    throw secretsFaults.unreadable({
      internal: `sealed with the master key ${sealedWith.slice(0, 32)}, and ours is ${masterId}`,
      remedy: 'Operators: start with the master key that was used when it was sealed.',
    })
  }
  return { sealedKey: decoded(key), sealedText: decoded(text) }
}

/** Strictly: each byte string has one text, so that a text that was altered at all is refused. */
function decoded(text: string): Buffer {
  const bytes = Buffer.from(text, 'base64url')
  if (bytes.toString('base64url') !== text) throw unreadable('it is not base64url')
  return bytes
}

function encrypt(key: KeyObject | Buffer, text: Buffer, bound: Buffer): Buffer {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES }).setAAD(bound)
  return Buffer.concat([nonce, cipher.update(text), cipher.final(), cipher.getAuthTag()])
}

function decrypt(key: KeyObject | Buffer, sealed: Buffer, bound: Buffer): Buffer {
  const textEnd = sealed.length - TAG_BYTES
  if (textEnd < NONCE_BYTES) throw unreadable('it is too short')
  const cipher = createDecipheriv(CIPHER, key, sealed.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES })
  cipher.setAAD(bound).setAuthTag(sealed.subarray(textEnd))
  const text = cipher.update(sealed.subarray(NONCE_BYTES, textEnd))
  try {
    return Buffer.concat([text, cipher.final()])
  } catch (cause) {
    throw unreadable('it was altered, or sealed in another context', cause)
  } finally {
    text.fill(0)
  }
}

/** The head has no zero byte, so no other head and context give the same bytes. */
function associated(head: string, context: string): Buffer {
  return Buffer.from(`${head}\u0000${context}`)
}

function derive(master: KeyObject, purpose: string, bytes: number): Buffer {
  return Buffer.from(hkdfSync('sha256', master, '', `portcullis envelope 1 ${purpose}`, bytes))
}

function unreadable(internal: string, cause?: unknown): Error {
  return secretsFaults.unreadable({ internal, cause })
}
