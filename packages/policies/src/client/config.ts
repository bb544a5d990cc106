import { name, z } from '@portcullis/kernel/schema'

/** The gateway as a client of an endpoint of somebody's authorization server. */
export const clientConfig = z.strictObject({
  id: z.string().min(1).max(256).describe('Its client_id at the endpoint.'),
  authentication: z
    .enum(['basic', 'post', 'private_key_jwt', 'tls_client_auth'])
    .default('basic')
    .describe('How it says who it is (RFC 6749 §2.3.1, RFC 7523 §2.2, RFC 8705 §2).'),
  secret: name().describe(
    'Name of a secret of the vault: the client secret, for private_key_jwt a private key (PEM, P-256), for tls_client_auth a certificate with its chain and key (PEM).',
  ),
})
export type ClientConfig = z.infer<typeof clientConfig>
