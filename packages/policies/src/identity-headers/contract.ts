import { defineFaults } from '@portcullis/kernel/fault'
import { jsonPointer } from '@portcullis/kernel/json-pointer'
import { z } from '@portcullis/kernel/schema'
import { readName } from '@portcullis/policy-kit/message/read-name'
import type { PolicyContract } from '@portcullis/policy-kit/policy'
import { isProtected } from '../headers/protected.ts'
import { isFieldName } from '../setting/field-name.ts'
import { claimWord } from '../token/claim-word.ts'
import { facts, words } from './rules.ts'

const MAX_FIELDS = 32

const field = z
  .string()
  .max(128)
  .refine(isFieldName, 'the name of a header field')
  .refine((name) => !isProtected(name), 'this field belongs to HTTP itself or to Portcullis')

const source = z.union([z.enum(facts), jsonPointer()])

const config = z.strictObject({
  fields: z
    .record(field, source)
    .refine((fields) => Object.keys(fields).length > 0, 'at least one field')
    .refine((fields) => Object.keys(fields).length <= MAX_FIELDS, `at most ${MAX_FIELDS} fields`)
    .refine(areDistinct, 'a field is named twice: neither case nor _ for - makes a difference')
    .describe(
      'What each field says: client, subject, issuer, scopes, roles, groups, plan, or a claim by its JSON Pointer.',
    ),
  maxCharacters: z
    .int()
    .min(16)
    .max(8192)
    .default(1024)
    .describe('The longest value; a call with a longer one is refused.'),
})
export type IdentityHeadersConfig = z.infer<typeof config>

export const identityHeadersFaults = defineFaults('identity-headers', {
  'too-long': {
    status: 403,
    title: 'What is known of the caller is too long for a field of a request',
    remedy: 'Operators: the saw of the step names the field; raise maxCharacters, or leave it out.',
  },
})

export const identityHeadersContract: PolicyContract<IdentityHeadersConfig> = {
  id: 'identity-headers',
  summary: 'Tells the backend who calls, in fields that no caller can write.',
  phase: 'backend',
  stacking: 'nearest',
  config,
  faults: identityHeadersFaults,
  body: { need: 'none' },
  mayFailOpen: false,
  mentions: ({ fields }) => ({ attributes: Object.values(fields).map(wordOf) }),
}

/** As conditions write it. */
function wordOf(source: string): string {
  if (source.startsWith('/')) return claimWord(source)
  return words[source as keyof typeof words]
}

function areDistinct(fields: Readonly<Record<string, unknown>>): boolean {
  const read = Object.keys(fields).map(readName)
  return new Set(read).size === read.length
}
