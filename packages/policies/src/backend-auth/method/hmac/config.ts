import { name, z } from '@portcullis/kernel/schema'
import { isProtected } from '../../../headers/protected.ts'
import { isFieldName } from '../../../setting/field-name.ts'
import { bodyCap } from '../../body-cap.ts'

export const encodings = ['base64', 'base64url', 'hex'] as const

const part = z
  .string()
  .max(192)
  .refine(
    isPart,
    'one of method, path, query, target, host, timestamp, key-id, body-hash, header:NAME, text:WORDS',
  )

const fieldName = () =>
  z
    .string()
    .max(128)
    .refine(
      (field) => isFieldName(field) && !isProtected(field),
      'the name of a header field that may be set',
    )

export const hmacConfig = z.strictObject({
  secret: name().describe('Name of a secret of the vault: the key that gateway and backend share.'),
  keyId: z
    .string()
    .min(1)
    .max(256)
    .regex(/^[!-~]+$/, 'visible characters without spaces')
    .optional()
    .describe('What the backend calls the key.'),
  algorithm: z.enum(['sha256', 'sha512']).default('sha256').describe('The hash.'),
  encoding: z.enum(encodings).default('base64').describe('How signature and body hash are written.'),
  sign: z
    .array(part)
    .min(1)
    .max(32)
    .default(['method', 'target', 'timestamp', 'body-hash'])
    .describe('What is signed, part after part.'),
  separator: z.string().max(4).default('\n').describe('What stands between the parts.'),
  timestamp: z
    .enum(['seconds', 'millis', 'iso'])
    .default('seconds')
    .describe('How the moment of signing is written.'),
  timestampField: fieldName().default('X-Timestamp').describe('The field that tells that moment.'),
  field: fieldName().default('X-Signature').describe('The field that carries the signature.'),
  value: z
    .string()
    .max(256)
    .regex(/^[ -~]*\{signature\}[ -~]*$/, 'printable characters with {signature} among them')
    .default('{signature}')
    .describe('The field’s value; {signature} and {key-id} stand for themselves.'),
  maxBytes: bodyCap.describe('The longest body that is signed; a longer one is refused.'),
})
export type HmacConfig = z.infer<typeof hmacConfig>

const words = ['method', 'path', 'query', 'target', 'host', 'timestamp', 'key-id', 'body-hash']

function isPart(text: string): boolean {
  if (words.includes(text) || text.startsWith('text:')) return true
  return text.startsWith('header:') && isFieldName(text.slice('header:'.length))
}
