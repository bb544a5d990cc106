import { z } from '@portcullis/kernel/schema'

/** Who owns everything else. */
export const organizationSpec = z.strictObject({ title: z.string().min(1).max(200) })
export type OrganizationSpec = z.infer<typeof organizationSpec>
