import { name, z } from '@portcullis/kernel/schema'

const MAX_PEM_CHARACTERS = 65_536

/** Only the outer form: whether it can be read is asked where there is a reader of certificates. */
const certificates = z
  .string()
  .max(MAX_PEM_CHARACTERS)
  .refine(
    (text) => text.trimStart().startsWith('-----BEGIN CERTIFICATE-----') && !text.includes('PRIVATE KEY'),
    'certificates in PEM, beginning with -----BEGIN CERTIFICATE-----, and no private key',
  )

const label = '[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?'
const dnsName = z
  .string()
  .max(253)
  .regex(new RegExp(`^${label}(\\.${label})*$`), 'a DNS name in lower case, such as backend.example')

/** SHA-256 is 32 bytes: 43 characters of base64 and one to fill up. */
const pin = z.string().regex(/^[A-Za-z0-9+/]{43}=$/, 'the SHA-256 of a public key in base64: 44 characters')

/**
 * How the targets of an upstream are recognised over TLS, and how they recognise us. Certificates are always verified:
 * what is not written here is as the public authorities and the host of the URL have it.
 */
export const upstreamTls = z.strictObject({
  /** PEM of the authorities that are trusted, in place of the public ones. */
  authorities: certificates.optional(),
  /** Our own certificate, for backends that ask for one (mutual TLS). */
  clientCertificate: z
    .strictObject({
      /** PEM, the certificate first and then what leads to its authority. */
      certificate: certificates,
      /** Name of the secret that holds the private key in PEM: keys are never declared. */
      key: name(),
    })
    .optional(),
  /** The name that is asked for (SNI, RFC 6066 §3) and that the certificate must bear, in place of the URL's host. */
  serverName: dnsName.optional(),
  /** SHA-256 of public keys (SubjectPublicKeyInfo): beyond being trusted, a target must have one of them. */
  pins: z.array(pin).min(1).max(16).optional(),
  /** The oldest version of TLS that is spoken. */
  minVersion: z.enum(['1.2', '1.3']).default('1.2'),
})
export type UpstreamTlsDeclaration = z.infer<typeof upstreamTls>
