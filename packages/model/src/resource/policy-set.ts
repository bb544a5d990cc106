import { name, z } from '@portcullis/kernel/schema'

const MAX_CHARACTERS = 262_144

const cedar = z.string().min(1).max(MAX_CHARACTERS)

/** Rules in Cedar about who may do what, for many APIs at once. */
export const policySetSpec = z.strictObject({
  title: z.string().min(1).max(200),
  /** Where they hold; in every environment when absent. */
  environments: z.array(name()).min(1).max(64).optional(),
  /** For which APIs they hold; for every one when absent. */
  apis: z.array(name()).min(1).max(1_000).optional(),
  /** Policies of Cedar, any number: here, or in a file, relative to the one that names it. */
  policies: z.union([
    cedar,
    z.strictObject({
      file: z
        .string()
        .max(512)
        .regex(/[^/]\.cedar$/, 'the name of a file that ends in .cedar'),
      /** What is in the file, once it was read. */
      text: cedar.optional(),
    }),
  ]),
})
export type PolicySetSpec = z.infer<typeof policySetSpec>

/** The policies as they are written, wherever that is. */
export function cedarTextOf({ policies }: Pick<PolicySetSpec, 'policies'>): string {
  return typeof policies === 'string' ? policies : (policies.text ?? '')
}

/** The file in which they are, unless they are in the declaration. */
export function cedarFileOf({ policies }: Pick<PolicySetSpec, 'policies'>): string | undefined {
  return typeof policies === 'string' ? undefined : policies.file
}
