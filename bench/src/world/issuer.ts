import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'

/** The two algorithms that are compared. */
export type Algorithm = 'RS256' | 'ES256'

/** An authorization server as far as a gateway sees it: the keys that it publishes, and what it signs with them. */
export interface Issuer {
  readonly jwks: { readonly keys: readonly unknown[] }
  publicPem(algorithm: Algorithm): string
  /** So many access tokens (RFC 9068), each of its own, good for an hour. */
  tokens(algorithm: Algorithm, count: number, claims: Readonly<Record<string, unknown>>): string[]
}

export function openIssuer(): Issuer {
  const pairs = {
    RS256: generateKeyPairSync('rsa', { modulusLength: 2048 }),
    ES256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  }
  return {
    jwks: {
      keys: Object.entries(pairs).map(([alg, { publicKey }]) => ({
        ...publicKey.export({ format: 'jwk' }),
        kid: alg,
        alg,
        use: 'sig',
      })),
    },
    publicPem: (algorithm) => pairs[algorithm].publicKey.export({ type: 'spki', format: 'pem' }) as string,
    tokens(algorithm, count, claims) {
      const header = encode({ alg: algorithm, typ: 'at+jwt', kid: algorithm })
      const now = Math.floor(Date.now() / 1000)
      return Array.from({ length: count }, (_, i) => {
        const payload = encode({ ...claims, iat: now, exp: now + 3600, jti: `${algorithm}-${i}` })
        return `${header}.${payload}.${signature(pairs[algorithm].privateKey, `${header}.${payload}`)}`
      })
    },
  }
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

/** For an RSA key the encoding of DSA has no meaning. */
function signature(key: KeyObject, signed: string): string {
  return sign('sha256', Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')
}
