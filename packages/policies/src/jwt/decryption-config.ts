import { name, z } from '@portcullis/kernel/schema'

const decryptionKey = z.strictObject({
  secret: name().describe(
    'Name of a secret of the vault: a private key (PEM), or for `dir` the shared key in base64url.',
  ),
  kid: z.string().min(1).max(256).optional().describe('What tokens call the key; any name when absent.'),
  algorithm: z
    .enum(['RSA-OAEP-256', 'ECDH-ES', 'dir'])
    .describe('How the key is used (RFC 7518 §4), whatever a token says.'),
  encryption: z.enum(['A256GCM', 'A128GCM']).default('A256GCM').describe('How the content is encrypted.'),
})
export type DecryptionKeyConfig = z.infer<typeof decryptionKey>

export const decryptionConfig = z.strictObject({
  keys: z
    .array(decryptionKey)
    .max(8)
    .default([])
    .describe('Our keys for tokens that were signed and then encrypted for this API (nested JWT).'),
  required: z.boolean().default(false).describe('Take no token that was not encrypted.'),
})
