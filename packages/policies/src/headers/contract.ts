import { defineFaults } from '@portcullis/kernel/fault'
import { z } from '@portcullis/kernel/schema'
import type { PolicyContract } from '@portcullis/policy-kit/policy'
import { isFieldName } from '../setting/field-name.ts'
import { isProtected } from './protected.ts'
import { claimsIn, readTemplate } from './template.ts'

const MAX_FIELDS = 64

const fieldName = z
  .string()
  .max(128)
  .refine(isFieldName, 'the name of a header field')
  .refine(
    (field) => !isProtected(field),
    'this field belongs to HTTP itself or to Portcullis and can’t be changed',
  )

const template = z
  .string()
  .max(4096)
  .superRefine((text, context) => {
    const reading = readTemplate(text)
    if ('problem' in reading) context.addIssue({ code: 'custom', message: reading.problem })
  })

const set = z
  .record(fieldName, template)
  .refine((fields) => Object.keys(fields).length <= MAX_FIELDS, `at most ${MAX_FIELDS} fields`)
  .refine((fields) => areDistinct(Object.keys(fields)), 'a field is named twice: case does not count')
  .default({})

const rename = z
  .record(fieldName, fieldName)
  .refine((fields) => Object.keys(fields).length <= MAX_FIELDS, `at most ${MAX_FIELDS} fields`)
  .refine((fields) => areDistinct(Object.keys(fields)), 'a field is named twice: case does not count')
  .refine((fields) => areDistinct(Object.values(fields)), 'two fields get one name')
  .default({})

const remove = z.array(fieldName).max(MAX_FIELDS).default([])

const config = z.strictObject({
  request: z
    .strictObject({
      rename: rename.describe('Fields of the caller that the backend gets under another name.'),
      set: set.describe('Fields of the request to the backend, in place of any of the same name.'),
      append: set.describe('Values that the backend gets after those that are there.'),
      remove: remove.describe('Fields of the caller that the backend does not get.'),
    })
    .prefault({})
    .describe('What the backend gets to see.'),
  reply: z
    .strictObject({
      rename: rename.describe('Fields of the backend that the caller gets under another name.'),
      set: set.describe('Fields of the reply, in place of any of the same name.'),
      append: set.describe('Values that the caller gets after those that are there.'),
      remove: remove.describe('Fields that the caller does not get.'),
      security: z
        .boolean()
        .default(false)
        .describe('Add fields that keep browsers from making a page of a reply.'),
    })
    .prefault({})
    .describe('What the caller gets to see.'),
})
export type HeadersConfig = z.infer<typeof config>

export const headersFaults = defineFaults('headers', {
  'unfit-value': {
    status: 403,
    title: 'The caller’s identity cannot be written into a header field',
    remedy:
      'Operators: a name of an app or person has characters that no field may carry; see the internal message.',
  },
})

export const headersContract: PolicyContract<HeadersConfig> = {
  id: 'headers',
  summary:
    'Sets, adds, renames and removes header fields of requests to the backend and of replies to the caller.',
  phase: 'transform',
  stacking: 'every',
  config,
  faults: headersFaults,
  body: { need: 'none' },
  mayFailOpen: false,
  mentions: ({ request, reply }) => {
    const texts = [request.set, request.append, reply.set, reply.append].flatMap((each) =>
      Object.values(each),
    )
    return { attributes: texts.flatMap(claimsIn).map((path) => ['context.claims', ...path].join('.')) }
  },
}

function areDistinct(fields: readonly string[]): boolean {
  return new Set(fields.map((field) => field.toLowerCase())).size === fields.length
}
