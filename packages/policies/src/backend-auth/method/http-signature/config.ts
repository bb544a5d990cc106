import { name, z } from '@portcullis/kernel/schema'
import { wholeSeconds } from '../../../setting/duration-range.ts'
import { isFieldName } from '../../../setting/field-name.ts'
import { bodyCap } from '../../body-cap.ts'

export const signatureAlgorithms = [
  'ed25519',
  'ecdsa-p256-sha256',
  'ecdsa-p384-sha384',
  'rsa-pss-sha512',
  'rsa-v1_5-sha256',
  'hmac-sha256',
] as const

/** RFC 9421 §2.2, as far as it is of requests and known to us. */
export const derivedComponents = [
  '@method',
  '@target-uri',
  '@authority',
  '@scheme',
  '@request-target',
  '@path',
  '@query',
] as const

const component = z
  .string()
  .max(128)
  .refine(isComponent, `${derivedComponents.join(', ')}, or the name of a field in lower case`)

const quotable = (most: number) =>
  z
    .string()
    .min(1)
    .max(most)
    .regex(/^[ !#-[\]-~]+$/, 'printable characters without quotation mark and backslash')

export const httpSignatureConfig = z.strictObject({
  algorithm: z.enum(signatureAlgorithms).describe('How it is signed (RFC 9421 §3.3).'),
  key: name().describe(
    'Name of a secret of the vault: the private key (PEM), or for hmac-sha256 the shared key in base64.',
  ),
  keyId: quotable(256).describe('What the backend calls the key.'),
  components: z
    .array(component)
    .min(1)
    .max(32)
    .refine((all) => new Set(all).size === all.length, 'no component twice')
    .default(['@method', '@target-uri', 'content-digest'])
    .describe(
      'What is signed; content-digest (RFC 9530) stands for the body. A field that a call lacks is left out.',
    ),
  label: z
    .string()
    .regex(/^[a-z*][a-z0-9_.*-]{0,31}$/, 'a key of a dictionary (RFC 8941 §3.2)')
    .default('portcullis')
    .describe('What the signature is called among others.'),
  lifetime: wholeSeconds('1s', '1h').default('60s').describe('How long it is good.'),
  tag: quotable(64).optional().describe('For which use it is, where the backend wants to know.'),
  maxBytes: bodyCap.describe('The longest body that is signed; a longer one is refused.'),
})
export type HttpSignatureConfig = z.infer<typeof httpSignatureConfig>

function isComponent(text: string): boolean {
  if (text.startsWith('@')) return derivedComponents.some((each) => each === text)
  return isFieldName(text) && text === text.toLowerCase()
}
