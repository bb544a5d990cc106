import { constants, createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import type { Algorithm, Keys, VerificationKey } from '@portcullis/ports/keys/port'

/** An issuer for tests: one key of every algorithm, named by it, and the means to sign anything with them. */
export const NOW = Date.UTC(2026, 0, 1)
export const ISSUER = 'https://auth.example/hmart'
export const AUDIENCE = 'https://api.example/warehouse/v1'

interface Pair {
  readonly publicKey: KeyObject
  readonly privateKey: KeyObject
}

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const pss = generateKeyPairSync('rsa', { modulusLength: 2048 })

export const pairs: Readonly<Record<Algorithm, Pair>> = {
  ES256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  ES384: generateKeyPairSync('ec', { namedCurve: 'P-384' }),
  ES512: generateKeyPairSync('ec', { namedCurve: 'P-521' }),
  RS256: rsa,
  RS384: rsa,
  RS512: rsa,
  PS256: pss,
  PS384: pss,
  PS512: pss,
  EdDSA: generateKeyPairSync('ed25519'),
  'ML-DSA-65': generateKeyPairSync('ml-dsa-65'),
}

export function verificationKey(algorithm: Algorithm, kid: string = algorithm): VerificationKey {
  return { kid, algorithm, key: pairs[algorithm].publicKey }
}

/** Knows the issuer's own keys, and any others that a test adds. */
export function keysOf(...more: readonly VerificationKey[]): Keys {
  const known = new Map(
    [...(Object.keys(pairs) as Algorithm[]).map((each) => verificationKey(each)), ...more].map((key) => [
      key.kid,
      key,
    ]),
  )
  return { find: (_jwksUri, kid) => known.get(kid) }
}

/** Claims of a token that is good for five minutes. */
export const goodClaims = {
  iss: ISSUER,
  aud: AUDIENCE,
  sub: 'robot',
  client_id: 'robot',
  scope: 'list_items order_item',
  iat: NOW / 1000,
  exp: NOW / 1000 + 300,
  jti: 'token-1',
}

export function goodHeader(algorithm: Algorithm): Record<string, unknown> {
  return { alg: algorithm, typ: 'at+jwt', kid: algorithm }
}

export interface TokenOptions {
  readonly algorithm?: Algorithm
  /** Merged into the header; `undefined` takes a member away. */
  readonly header?: Readonly<Record<string, unknown>>
  readonly claims?: Readonly<Record<string, unknown>>
  /** In place of the JSON of header or claims. */
  readonly rawHeader?: string
  readonly rawPayload?: string | Buffer
  /** Signs in place of the algorithm's own way. */
  readonly signature?: (signed: Buffer) => Buffer
}

export function makeToken(options: TokenOptions = {}): string {
  const algorithm = options.algorithm ?? 'ES256'
  const header = options.rawHeader ?? JSON.stringify({ ...goodHeader(algorithm), ...options.header })
  const payload = options.rawPayload ?? JSON.stringify({ ...goodClaims, ...options.claims })
  const signed = `${encode(header)}.${encode(payload)}`
  const signature = (options.signature ?? signers[algorithm])(Buffer.from(signed))
  return `${signed}.${encode(signature)}`
}

export function encode(part: string | Buffer): string {
  return Buffer.from(part as string).toString('base64url')
}

export const signers: Readonly<Record<Algorithm, (signed: Buffer) => Buffer>> = {
  ES256: (signed) => signEcdsa('sha256', signed, pairs.ES256.privateKey),
  ES384: (signed) => signEcdsa('sha384', signed, pairs.ES384.privateKey),
  ES512: (signed) => signEcdsa('sha512', signed, pairs.ES512.privateKey),
  RS256: (signed) => sign('sha256', signed, rsa.privateKey),
  RS384: (signed) => sign('sha384', signed, rsa.privateKey),
  RS512: (signed) => sign('sha512', signed, rsa.privateKey),
  PS256: (signed) => signPss(signed, 32),
  PS384: (signed) => signPss(signed, 48, 'sha384'),
  PS512: (signed) => signPss(signed, 64, 'sha512'),
  EdDSA: (signed) => sign(null, signed, pairs.EdDSA.privateKey),
  'ML-DSA-65': (signed) => sign(null, signed, pairs['ML-DSA-65'].privateKey),
}

function signEcdsa(digest: string, signed: Buffer, key: KeyObject): Buffer {
  return sign(digest, signed, { key, dsaEncoding: 'ieee-p1363' })
}

export function signPss(signed: Buffer, saltLength: number, digest = 'sha256'): Buffer {
  const key = pss.privateKey
  return sign(digest, signed, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength })
}

/** ASN.1 in place of R and S side by side. */
export function signDer(signed: Buffer): Buffer {
  return sign('sha256', signed, pairs.ES256.privateKey)
}

/** The classic: the issuer's public key taken as the secret of an HMAC. */
export function signWithPublicKeyAsSecret(signed: Buffer): Buffer {
  const secret = pairs.RS256.publicKey.export({ type: 'spki', format: 'pem' })
  return createHmac('sha256', secret).update(signed).digest()
}
