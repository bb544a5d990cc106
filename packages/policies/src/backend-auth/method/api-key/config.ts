import { name, z } from '@portcullis/kernel/schema'
import { isProtected } from '../../../headers/protected.ts'
import { isFieldName } from '../../../setting/field-name.ts'

export const apiKeyConfig = z
  .strictObject({
    in: z.enum(['header', 'query']).default('header').describe('Where the backend looks for it.'),
    name: z.string().min(1).max(128).describe('The name of the field or of the query parameter.'),
    prefix: z
      .string()
      .max(64)
      .regex(/^[!-~]+ ?$/, 'visible characters, and perhaps a space at the end')
      .optional()
      .describe('What stands before the key in a field, such as "Bearer ".'),
    key: name().describe('Name of a secret of the vault: the key.'),
  })
  .refine(
    (key) => key.in === 'query' || (isFieldName(key.name) && !isProtected(key.name)),
    'the name of a header field that is neither of HTTP itself nor of Portcullis',
  )
  .refine(
    (key) => key.in === 'header' || /^[A-Za-z0-9._~-]+$/.test(key.name),
    'a name that needs no encoding',
  )
export type ApiKeyConfig = z.infer<typeof apiKeyConfig>
