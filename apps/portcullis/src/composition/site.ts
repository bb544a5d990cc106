import type { Log } from '@portcullis/ports/log/port'
import type { Settings } from '../setting/settings.ts'
import type { Addresses } from './address.ts'
import type { Engines } from './engines.ts'
import type { State } from './state.ts'

/** What all parts share while they are put together. */
export interface Site {
  readonly settings: Settings
  readonly addresses: Addresses
  readonly engines: Engines
  readonly log: Log
  /** Absent where the process is a gateway alone. */
  readonly state: State | undefined
  /** What is closed at the end, the last first. */
  readonly opened: AsyncDisposableStack
}
