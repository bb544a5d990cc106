/** That somebody did something that others may ask about later: who, what, to what, why. Never a secret. */
export interface AuditRecord {
  /** The person or app. */
  readonly actor: string
  /** ISO 8601, UTC. */
  readonly at: string
  /** A word for each thing that can be done: `approve`, `withdraw-consent` … */
  readonly action: string
  /** What it was done to: `approval/apr_…`, `consent/…`. */
  readonly target: string
  readonly reason?: string
}
