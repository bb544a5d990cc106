import { createPrivateKey, randomUUID } from 'node:crypto'
import { signEcdsa } from '@portcullis/kernel/ecdsa'
import type { Secret } from '@portcullis/kernel/secret'
import type { ClientCertificate } from '@portcullis/ports/web/port'
import { clientCertificateOf } from './certificate.ts'
import type { ClientConfig } from './config.ts'

/** What a request carries so that the endpoint knows who asks. */
export interface ClientProof {
  /** Names and values in turn. */
  readonly headers: readonly string[]
  readonly form: Readonly<Record<string, string>>
  /** What is shown in the handshake. */
  readonly certificate?: ClientCertificate
}

export type ProveClient = (nowMillis: number) => ClientProof

const ASSERTION_SECONDS = 60

/** @throws a `RangeError` for a private key that is none on P-256, or a certificate that is none: the revision is then refused. */
export function clientProver(
  { id, authentication }: ClientConfig,
  secret: Secret,
  endpoint: string,
): ProveClient {
  switch (authentication) {
    case 'basic':
      return always({ headers: ['Authorization', basic(id, secret)], form: {} })
    case 'post':
      return () => ({ headers: [], form: { client_id: id, client_secret: secret.reveal() } })
    case 'tls_client_auth':
      // The endpoint must know whose certificate to look for (RFC 8705 §2).
      return always({ headers: [], form: { client_id: id }, certificate: clientCertificateOf(secret) })
    case 'private_key_jwt': {
      const key = privateKeyOf(secret)
      return (nowMillis) => ({
        headers: [],
        form: {
          client_id: id,
          client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
          client_assertion: assertion(id, endpoint, key, nowMillis),
        },
      })
    }
  }
}

function always(proof: ClientProof): ProveClient {
  return () => proof
}

/** Name and secret are form-encoded before they are joined (RFC 6749 §2.3.1). */
function basic(id: string, secret: Secret): string {
  const encode = (text: string): string => new URLSearchParams([['', text]]).toString().slice(1)
  return `Basic ${Buffer.from(`${encode(id)}:${encode(secret.reveal())}`).toString('base64')}`
}

function privateKeyOf(secret: Secret) {
  const key = createPrivateKey(secret.reveal())
  if (key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') {
    throw new RangeError('the key of a client is on P-256')
  }
  return key
}

/** RFC 7523 §2.2 and §3. */
function assertion(
  id: string,
  audience: string,
  key: ReturnType<typeof privateKeyOf>,
  nowMillis: number,
): string {
  const now = Math.floor(nowMillis / 1000)
  const claims = {
    iss: id,
    sub: id,
    aud: audience,
    jti: randomUUID(),
    iat: now,
    exp: now + ASSERTION_SECONDS,
  }
  const signed = `${encoded({ alg: 'ES256', typ: 'JWT' })}.${encoded(claims)}`
  const signature = signEcdsa('sha256', Buffer.from(signed), key, 64)
  return `${signed}.${signature.toString('base64url')}`
}

function encoded(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
