import { z } from '@portcullis/kernel/schema'

/** That somebody did something that others may ask about later: who, what, to what, why. Never a secret. */
export const auditRecord = z.strictObject({
  /** The person or app. */
  actor: z.string(),
  /** ISO 8601, UTC. */
  at: z.iso.datetime(),
  /** A word for each thing that can be done: `approve`, `withdraw-consent` … */
  action: z.string(),
  /** What it was done to: `approval/apr_…`, `consent/…`. */
  target: z.string(),
  reason: z.string().optional(),
})
export type AuditRecord = z.infer<typeof auditRecord>
