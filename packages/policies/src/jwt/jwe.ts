import {
  constants,
  createDecipheriv,
  createHash,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  diffieHellman,
  type KeyObject,
  privateDecrypt,
  randomBytes,
} from 'node:crypto'
import type { Secret } from '@portcullis/kernel/secret'
import { parseStrictObject } from '@portcullis/kernel/strict-json'
import { decodeBase64url } from '../token/compact-jws.ts'
import { jwtFaults } from './contract.ts'
import type { DecryptionKeyConfig } from './decryption-config.ts'

const IV_BYTES = 12
const TAG_BYTES = 16
const contentKeyBytes = { A128GCM: 16, A256GCM: 32 } as const
type Encryption = keyof typeof contentKeyBytes

/** A key of ours for tokens that were encrypted to us. What it is used for is fixed here, and not by a token. */
export interface DecryptionKey {
  readonly kid: string | undefined
  readonly algorithm: DecryptionKeyConfig['algorithm']
  readonly encryption: Encryption
  readonly key: KeyObject
}

/** @throws RangeError for a secret that is no such key */
export function decryptionKey(
  { kid, algorithm, encryption }: DecryptionKeyConfig,
  secret: Secret,
): DecryptionKey {
  const key = algorithm === 'dir' ? sharedKey(secret, encryption) : createPrivateKey(secret.reveal())
  const type = { dir: undefined, 'RSA-OAEP-256': 'rsa', 'ECDH-ES': 'ec' }[algorithm]
  if (key.asymmetricKeyType !== type) throw new RangeError(`the secret is no key for ${algorithm}`)
  return { kid, algorithm, encryption, key }
}

/**
 * The token within an encrypted one (RFC 7516, compact; RFC 7519 §5.2 for nested tokens); `undefined` where it can't be
 * opened, whatever the reason: who learns which step failed can find the rest out (RFC 7516 §11.5).
 *
 * @throws jwt.malformed for what is no encrypted token at all, or for nobody who has these keys
 */
export function openJwe(token: string, keys: readonly DecryptionKey[]): string | undefined {
  const [header = '', encryptedKey = '', iv = '', ciphertext = '', tag = ''] = token.split('.', 5)
  const told = readHeader(header)
  const key = keys.find((each) => isMeant(each, told))
  if (key === undefined) throw jwtFaults.malformed({ detail: 'The token is encrypted for somebody else.' })
  const contentKey = contentKeyOf(key, encryptedKey, told)
  const text = decrypt(key.encryption, contentKey, { header, iv, ciphertext, tag })
  return text?.toString('latin1')
}

type Header = Readonly<Record<string, unknown>>

function readHeader(part: string): Header {
  const bytes = decodeBase64url(part)
  const header = bytes && parseStrictObject(bytes)
  if (header === undefined)
    throw jwtFaults.malformed({ detail: 'The header of the token is no JSON object.' })
  // RFC 7516 §4.1.13, §4.1.3: extensions are not understood, and what is compressed can grow without end.
  if (Object.hasOwn(header, 'crit') || Object.hasOwn(header, 'zip')) {
    throw jwtFaults.malformed({
      detail: 'The token demands what is not understood (crit) or not taken (zip).',
    })
  }
  if (typeof header.cty !== 'string' || header.cty.toUpperCase() !== 'JWT') {
    throw jwtFaults.malformed({ detail: 'An encrypted token holds a signed one (cty JWT).' })
  }
  return header
}

function isMeant({ kid, algorithm, encryption }: DecryptionKey, header: Header): boolean {
  if (header.alg !== algorithm || header.enc !== encryption) return false
  return kid === undefined || header.kid === undefined || header.kid === kid
}

/** With the wrong key the content does not open: nothing else tells that this failed. */
function contentKeyOf({ algorithm, encryption, key }: DecryptionKey, part: string, header: Header): Buffer {
  const bytes = contentKeyBytes[encryption]
  const wrong = randomBytes(bytes)
  try {
    const found =
      algorithm === 'RSA-OAEP-256'
        ? privateDecrypt(
            { key, oaepHash: 'sha256', padding: constants.RSA_PKCS1_OAEP_PADDING },
            Buffer.from(part, 'base64url'),
          )
        : algorithm === 'ECDH-ES'
          ? agreedKey(key, encryption, header)
          : key.export()
    const isRight = found.length === bytes && (algorithm === 'RSA-OAEP-256') === (part !== '')
    return isRight ? found : wrong
  } catch {
    return wrong
  }
}

/** RFC 7518 §4.6.2: one round of the key derivation is enough for keys of up to 256 bits. */
function agreedKey(privateKey: KeyObject, encryption: Encryption, { epk, apu, apv }: Header): Buffer {
  const { kty, crv, x, y } = epk as Record<string, string>
  const publicKey = createPublicKey({ key: { kty, crv, x, y } as never, format: 'jwk' })
  const shared = diffieHellman({ privateKey, publicKey })
  const bytes = contentKeyBytes[encryption]
  const digest = createHash('sha256')
    .update(number(1))
    .update(shared)
    .update(counted(Buffer.from(encryption)))
    .update(counted(Buffer.from(typeof apu === 'string' ? apu : '', 'base64url')))
    .update(counted(Buffer.from(typeof apv === 'string' ? apv : '', 'base64url')))
    .update(number(bytes * 8))
    .digest()
  return digest.subarray(0, bytes)
}

function decrypt(
  encryption: Encryption,
  contentKey: Buffer,
  parts: { readonly header: string; readonly iv: string; readonly ciphertext: string; readonly tag: string },
): Buffer | undefined {
  const [iv, ciphertext, tag] = [parts.iv, parts.ciphertext, parts.tag].map(decodeBase64url)
  if (iv?.length !== IV_BYTES || tag?.length !== TAG_BYTES || ciphertext === undefined) return undefined
  const name = encryption === 'A128GCM' ? 'aes-128-gcm' : 'aes-256-gcm'
  const decipher = createDecipheriv(name, contentKey, iv, { authTagLength: TAG_BYTES })
  decipher.setAAD(Buffer.from(parts.header, 'latin1')).setAuthTag(tag)
  try {
    return Buffer.concat([decipher.update(ciphertext), decipher.final()])
  } catch {
    return undefined
  }
}

function sharedKey(secret: Secret, encryption: Encryption): KeyObject {
  const bytes = decodeBase64url(secret.reveal())
  if (bytes?.length !== contentKeyBytes[encryption]) {
    throw new RangeError(`the secret is no key of ${contentKeyBytes[encryption]} bytes in base64url`)
  }
  return createSecretKey(bytes)
}

function counted(bytes: Buffer): Buffer {
  return Buffer.concat([number(bytes.length), bytes])
}

function number(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}
