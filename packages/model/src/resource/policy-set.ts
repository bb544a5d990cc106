import { name, z } from '@portcullis/kernel/schema'
import { textFile } from './text-file.ts'

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
  policies: z.union([cedar, z.strictObject(textFile('.cedar', MAX_CHARACTERS))]),
})
export type PolicySetSpec = z.infer<typeof policySetSpec>

/** The policies as they are written, wherever that is. */
export function cedarTextOf({ policies }: Pick<PolicySetSpec, 'policies'>): string {
  return typeof policies === 'string' ? policies : (policies.text ?? '')
}
