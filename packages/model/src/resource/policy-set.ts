import { name, z } from '@portcullis/kernel/schema'

const MAX_CHARACTERS = 262_144

/** Rules in Cedar about who may do what, for many APIs at once. */
export const policySetSpec = z.strictObject({
  title: z.string().min(1).max(200),
  /** Where they hold; in every environment when absent. */
  environments: z.array(name()).min(1).max(64).optional(),
  /** For which APIs they hold; for every one when absent. */
  apis: z.array(name()).min(1).max(1_000).optional(),
  /** Policies of Cedar, any number. */
  policies: z.string().min(1).max(MAX_CHARACTERS),
})
export type PolicySetSpec = z.infer<typeof policySetSpec>
