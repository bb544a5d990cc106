import { z } from '@portcullis/kernel/schema'

const text = () => z.string().min(1).max(512)
const common = { kid: text().optional(), use: z.literal('enc').optional() }

/**
 * A public key (RFC 7517) for which tokens are encrypted: by agreement on an elliptic curve (`ECDH-ES+A256KW`), or by RSA
 * (`RSA-OAEP-256`, 2,048 bits at least). Strict, so that a private key is refused and not stored.
 */
export const encryptionKey = z.discriminatedUnion('kty', [
  z.strictObject({
    kty: z.literal('EC'),
    crv: z.enum(['P-256', 'P-384', 'P-521']),
    x: text(),
    y: text(),
    alg: z.literal('ECDH-ES+A256KW').optional(),
    ...common,
  }),
  z.strictObject({
    kty: z.literal('RSA'),
    n: z.string().min(342, 'an RSA key has 2048 bits or more').max(1400),
    e: text(),
    alg: z.literal('RSA-OAEP-256').optional(),
    ...common,
  }),
])
export type EncryptionKey = z.infer<typeof encryptionKey>

/**
 * How a token comes that people had to allow: brought to a webhook, signed by us and encrypted for the app alone; or shown once to the
 * owner of the app, who is told and signs in.
 */
export const tokenDelivery = z.union([
  z.literal('owner'),
  z.strictObject({ webhook: z.url({ protocol: /^https$/ }).max(2048), key: encryptionKey }),
])
