import { name, z } from '@portcullis/kernel/schema'
import { bodyCap } from '../../body-cap.ts'

const word = () =>
  z
    .string()
    .min(1)
    .max(64)
    .regex(/^[a-z0-9-]+$/, 'lower-case letters, digits and hyphens')

export const awsSignatureConfig = z.strictObject({
  region: word().describe('The region, such as eu-central-1.'),
  service: word().describe('The service, such as execute-api, lambda or s3.'),
  accessKeyId: name().describe('Name of a secret of the vault: the access key id.'),
  secretAccessKey: name().describe('Name of a secret of the vault: the secret access key.'),
  sessionToken: name()
    .optional()
    .describe('Name of a secret of the vault: the session token of temporary credentials.'),
  payload: z
    .enum(['signed', 'unsigned'])
    .default('signed')
    .describe(
      'Whether the body is signed too, which needs it whole; unsigned streams, and is taken over TLS by S3 and few others.',
    ),
  maxBytes: bodyCap.describe('The longest body that is signed; a longer one is refused.'),
})
export type AwsSignatureConfig = z.infer<typeof awsSignatureConfig>
