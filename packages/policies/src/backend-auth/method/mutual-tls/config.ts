import { z } from '@portcullis/kernel/schema'

export const mutualTlsConfig = z.strictObject({})
export type MutualTlsConfig = z.infer<typeof mutualTlsConfig>
