import { name, z } from '@portcullis/kernel/schema'
import { tokenRequest } from '../../token-request-config.ts'

const text = () => z.string().min(1).max(256)

export const jwtBearerConfig = z.strictObject({
  ...tokenRequest,
  issuer: text().describe('Who vouches: iss of the assertion, such as the name of a service account.'),
  subject: text()
    .optional()
    .describe('For whom the token is: sub of the assertion; the caller of each call when absent.'),
  subjectsOf: z
    .array(text())
    .min(1)
    .max(16)
    .optional()
    .describe(
      'Of which issuers callers are vouched for, where no subject is set; of the environment’s own authorization server alone when absent.',
    ),
  assertionAudience: z
    .string()
    .min(1)
    .max(2048)
    .optional()
    .describe('For whom the assertion is: its aud; the token endpoint when absent.'),
  key: name().describe(
    'Name of a secret of the vault: the private key (PEM; P-256 or RSA) that signs assertions.',
  ),
  keyId: text().optional().describe('The key’s id (kid), where the endpoint wants one.'),
})
export type JwtBearerConfig = z.infer<typeof jwtBearerConfig>
