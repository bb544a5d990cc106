import { z } from '@portcullis/kernel/schema'

/** What something is for: `sandbox` to try things out, `production` for what counts. */
export const stage = z.enum(['sandbox', 'production'])
export type Stage = z.infer<typeof stage>
