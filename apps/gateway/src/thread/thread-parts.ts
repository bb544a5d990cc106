import type { Sample } from '@portcullis/kernel/metric'
import type { CatalogFor } from '@portcullis/policy-kit/late-catalog'
import type { Catalog, Ports } from '@portcullis/policy-kit/policy'
import type { LogFields } from '@portcullis/ports/log/port'
import type { TaughtPorts } from '../control-plane/taught-ports.ts'

/** What a thread needs of those who put the gateway together, and can't be sent to it. */
export interface ThreadParts {
  readonly ports: TaughtPorts
  readonly catalog: Catalog | CatalogFor
  /** What is to be measured of the ports and policies, by the families of `metric/families.ts`. */
  measure?(): readonly Sample[]
  /** Makes plain data of what is to be logged: no secrets, and nothing that can't be cloned. Never throws. */
  plain(fields: LogFields): LogFields
}

/** Ports that have one memory for all threads, in the main thread: each fetches once for all. */
export type SharedPorts = Pick<Ports, 'keys' | 'tokens'>

/**
 * The shape of a module that a thread loads by its URL. `data` is what `startGateway` was given for the module.
 */
export interface ThreadModule {
  openThread(data: unknown, shared: SharedPorts): ThreadParts | Promise<ThreadParts>
}
