import { z } from '@portcullis/kernel/schema'

const MAX_ENTRIES = 100_000

/** Network addresses and ranges under one name, for as many policies as like to name them. */
export const addressListSpec = z.strictObject({
  title: z.string().min(1).max(200),
  /** Addresses, and ranges in CIDR notation. */
  entries: z.array(z.string().max(64)).max(MAX_ENTRIES),
})
export type AddressListSpec = z.infer<typeof addressListSpec>
