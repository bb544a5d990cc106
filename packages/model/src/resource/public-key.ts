import { z } from '@portcullis/kernel/schema'

const text = () => z.string().min(1).max(512)
const common = {
  kid: text().optional(),
  use: z.literal('sig').optional(),
  /** The key's certificate first (RFC 7517 §4.7): by it a caller over TLS is recognised. */
  x5c: z.array(z.string().max(16_384)).min(1).max(4).optional(),
}

/**
 * A public key (RFC 7517) by which somebody proves who they are. Strict, so that a private key is refused and not stored:
 * its `d` is not known here. RSA keys have 2,048 bits at least.
 */
export const publicKey = z.discriminatedUnion('kty', [
  z.strictObject({
    kty: z.literal('EC'),
    crv: z.enum(['P-256', 'P-384', 'P-521']),
    x: text(),
    y: text(),
    alg: z.enum(['ES256', 'ES384', 'ES512']).optional(),
    ...common,
  }),
  z.strictObject({
    kty: z.literal('OKP'),
    crv: z.literal('Ed25519'),
    x: text(),
    alg: z.enum(['EdDSA', 'Ed25519']).optional(),
    ...common,
  }),
  z.strictObject({
    kty: z.literal('RSA'),
    n: z.string().min(342, 'an RSA key has 2048 bits or more').max(1400),
    e: text(),
    alg: z.enum(['RS256', 'PS256']).optional(),
    ...common,
  }),
])

export const publicKeys = z.strictObject({ keys: z.array(publicKey).min(1).max(16) })
