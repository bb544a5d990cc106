import type { Cores } from '../process/core.ts'
import type { Issuer } from '../world/issuer.ts'

/** Something that stands between the load and the backend and is measured. */
export interface Subject extends AsyncDisposable {
  readonly port: number
  readonly pid: number
  hasEnded(): boolean
  complaints(): string
}

/** What there is for a subject to be started in. */
export interface Site {
  /** A folder that is removed at the end. */
  readonly folder: string
  readonly cores: Cores | undefined
  readonly upstreamPort: number
  readonly issuer: Issuer
  /** For those that speak TLS. */
  readonly certificate: { readonly certificate: string; readonly key: string }
}
