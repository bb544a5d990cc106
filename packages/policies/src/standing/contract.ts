import { defineFaults } from '@portcullis/kernel/fault'
import { z } from '@portcullis/kernel/schema'
import type { PolicyContract } from '@portcullis/policy-kit/policy'

const mediaType = z
  .string()
  .max(100)
  .regex(
    /^[a-z0-9][a-z0-9!#$&^_.+-]*\/[a-z0-9][a-z0-9!#$&^_.+-]*$/,
    'a media type in lower case, without parameters: application/x-ndjson',
  )

const config = z
  .strictObject({
    types: z
      .array(mediaType)
      .min(1)
      .max(20)
      .optional()
      .describe('Media types of further replies that end with the token.'),
    all: z
      .literal(true)
      .optional()
      .describe('Every reply that is still under way ends with the token, downloads too.'),
  })
  .refine(({ types, all }) => (types === undefined) !== (all === undefined), {
    message: 'either types or all',
  })
export type StandingConfig = z.infer<typeof config>

export const standingContract: PolicyContract<StandingConfig> = {
  id: 'standing',
  summary: 'Ends replies that are still under way when the token that let them begin is over.',
  phase: 'backend',
  stacking: 'nearest',
  config,
  faults: defineFaults('standing', {}),
  body: { need: 'none' },
  mayFailOpen: false,
}
