import { name, z } from '@portcullis/kernel/schema'
import { durationWithin } from '../setting/duration-range.ts'

const uri = () => z.string().min(1).max(1024)
const attributeName = () => z.string().min(1).max(256)

const issuer = z.strictObject({
  name: uri().describe('Its entity ID, exactly as it writes itself.'),
  certificates: z
    .array(
      z
        .string()
        .max(16_384)
        .refine((text) => text.trimStart().startsWith('-----BEGIN CERTIFICATE-----'), 'a certificate in PEM'),
    )
    .min(1)
    .max(8)
    .describe('By which it signs, PEM; several while it changes from one to the next.'),
})

/** Which SAML assertions are taken, and what is made of them. */
export const assertionConfig = z.strictObject({
  issuers: z
    .array(issuer)
    .min(1)
    .max(64)
    .describe('Who may assert who somebody is. Keys that a message brings along count for nothing.'),
  audiences: z
    .array(uri())
    .min(1)
    .max(16)
    .optional()
    .describe(
      'Under which names we are meant in `AudienceRestriction`; the audience of the API when absent.',
    ),
  recipients: z
    .array(uri())
    .min(1)
    .max(16)
    .optional()
    .describe(
      'Where assertions that name a `Recipient` must have been sent; the audience of the API when absent.',
    ),
  app: name().describe('The app in whose name people call: its subscription and plan count.'),
  subject: attributeName().optional().describe('The attribute that says who it is; `NameID` when absent.'),
  groups: attributeName()
    .optional()
    .describe('The attribute that lists groups; nobody is in any when absent.'),
  roles: z
    .record(z.string().min(1).max(256), z.array(z.string().min(1).max(256)).min(1).max(64))
    .default({})
    .describe('Which roles members of which group have.'),
  claims: z
    .record(z.string().min(1).max(64), attributeName())
    .default({})
    .describe('Claims that conditions may ask for, and the attributes that they are.'),
  reuse: z
    .boolean()
    .default(false)
    .describe(
      'Whether an assertion may be sent again while it is good. Otherwise each is good for one call.',
    ),
  clockSkew: durationWithin('0s', '5m')
    .default('30s')
    .describe('How far the clock of an issuer may be off, either way.'),
  maxAge: durationWithin('1s', '24h')
    .default('1h')
    .describe('How long an assertion is good from its issue on, whatever it says itself.'),
  decryptionKeys: z
    .array(name())
    .max(4)
    .default([])
    .describe('Secrets of the vault: our private keys (PEM) for assertions that are encrypted to us.'),
  encrypted: z.boolean().default(false).describe('Take encrypted assertions alone.'),
})
export type AssertionConfig = z.infer<typeof assertionConfig>
