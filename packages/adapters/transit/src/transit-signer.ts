import { createPublicKey, randomBytes } from 'node:crypto'
import type { Secret } from '@portcullis/kernel/secret'
import type { SigningAlgorithm } from '@portcullis/model/credential/signing-key'
import { type Signer, signerFaults } from '@portcullis/ports/signer/port'
import type { Web } from '@portcullis/ports/web/port'

/** An engine that speaks the transit API of HashiCorp Vault, as OpenBao does. */
export interface TransitEngine {
  /** Where it is, with the path of its secrets engine: `https://vault.example.com/v1/transit`. */
  readonly url: string
  /** May make keys below `keys/portcullis-*`, read them and sign with them, and needs no other right. */
  readonly token: Secret
  readonly timeoutMillis: number
}

interface Kind {
  /** The engine's own name for such keys. */
  readonly type: string
  /** How it is to sign, beside what is signed. */
  readonly how: Readonly<Record<string, string>>
}

const kinds: Partial<Readonly<Record<SigningAlgorithm, Kind>>> = {
  ES256: { type: 'ecdsa-p256', how: { hash_algorithm: 'sha2-256', marshaling_algorithm: 'jws' } },
  RS256: { type: 'rsa-3072', how: { hash_algorithm: 'sha2-256', signature_algorithm: 'pkcs1v15' } },
  PS256: {
    type: 'rsa-3072',
    how: { hash_algorithm: 'sha2-256', signature_algorithm: 'pss', salt_length: 'hash' },
  },
  EdDSA: { type: 'ed25519', how: {} },
}

const MAX_BYTES = 64 * 1024
/** DER of a SubjectPublicKeyInfo up to the 32 bytes of an Ed25519 key (RFC 8410 §4). */
const ED25519_PREFIX = Buffer.from('302a300506032b6570032100', 'hex')

/** Keys that the engine makes and never gives away: one of its keys, in its first version, for each of ours. */
export function openTransitSigner(web: Web, engine: TransitEngine): Signer {
  async function ask(method: 'GET' | 'POST', path: string, body?: object): Promise<Record<string, unknown>> {
    const answer = await askWeb(method, path, body)
    // The engine answers 400 to who signs with a key that is not there, and 404 to who reads it.
    const said = new TextDecoder().decode(answer.body)
    if (answer.status === 404 || (answer.status === 400 && said.includes('not found'))) {
      throw signerFaults['unknown-key']({ internal: `${path}: ${answer.status}` })
    }
    if (answer.status !== 200 && answer.status !== 204) throw unavailable(path, `${answer.status}`)
    return answer.status === 204 ? {} : dataOf(said, path)
  }

  async function askWeb(method: 'GET' | 'POST', path: string, body: object | undefined) {
    try {
      return await web.ask({
        url: `${engine.url}/${path}`,
        method,
        headers: ['X-Vault-Token', engine.token.reveal(), 'Content-Type', 'application/json'],
        ...(body !== undefined && { body: JSON.stringify(body) }),
        timeoutMillis: engine.timeoutMillis,
        maxBytes: MAX_BYTES,
      })
    } catch (cause) {
      throw signerFaults.unavailable({ internal: path, cause })
    }
  }

  return {
    async makeKey(algorithm, purpose) {
      const reference = `portcullis-${purpose}-${randomBytes(8).toString('hex')}`
      const { type } = kindOf(algorithm)
      await ask('POST', `keys/${reference}`, { type, exportable: false, allow_plaintext_backup: false })
      const { keys } = (await ask('GET', `keys/${reference}`)) as {
        keys?: Record<string, { public_key?: unknown }>
      }
      const text = keys?.['1']?.public_key
      if (typeof text !== 'string') throw unavailable(reference, 'it told no public key')
      return { reference, algorithm, publicJwk: jwkOf(text, algorithm) }
    },
    async sign({ reference, algorithm }, data) {
      const { how } = kindOf(algorithm)
      const input = Buffer.from(data).toString('base64')
      const { signature } = await ask('POST', `sign/${encodeURIComponent(reference)}`, {
        input,
        key_version: 1,
        ...how,
      })
      // `vault:v1:` and the signature, in base64url where it is marshalled for JWS.
      const encoded = typeof signature === 'string' ? signature.split(':')[2] : undefined
      if (encoded === undefined) throw unavailable(reference, 'it told no signature')
      return Buffer.from(encoded, algorithm === 'ES256' ? 'base64url' : 'base64')
    },
  }
}

function kindOf(algorithm: SigningAlgorithm): Kind {
  const kind = kinds[algorithm]
  if (kind === undefined) throw signerFaults.unsupported({ detail: `It signs by no ${algorithm}.` })
  return kind
}

function dataOf(text: string, path: string): Record<string, unknown> {
  try {
    const { data } = JSON.parse(text) as { data?: unknown }
    return typeof data === 'object' && data !== null ? (data as Record<string, unknown>) : {}
  } catch (cause) {
    throw signerFaults.unavailable({ internal: `${path}: this is no JSON`, cause })
  }
}

/** PEM, or of Ed25519 the bare key in base64. */
function jwkOf(text: string, algorithm: SigningAlgorithm): Record<string, string> {
  try {
    const key =
      algorithm === 'EdDSA' && !text.startsWith('-----')
        ? createPublicKey({
            key: Buffer.concat([ED25519_PREFIX, Buffer.from(text, 'base64')]),
            format: 'der',
            type: 'spki',
          })
        : createPublicKey(text)
    return key.export({ format: 'jwk' }) as Record<string, string>
  } catch (cause) {
    throw signerFaults.unavailable({ internal: 'it told a public key that cannot be read', cause })
  }
}

function unavailable(what: string, why: string): Error {
  return signerFaults.unavailable({ internal: `${what}: ${why}` })
}
