import type { ThreadParts } from '@portcullis/gateway/thread/thread-parts'
import { catalog } from '@portcullis/policies/catalog'
import type { Keys } from '@portcullis/ports/keys/port'
import type { LogFields } from '@portcullis/ports/log/port'
import { attachSharedCounters, type SharedCountersHandle } from '@portcullis/shared-memory/shared-counters'
import { printable } from '@portcullis/system/printable'
import { shiftedClock } from '@portcullis/system/shifted-clock'
import { systemClock } from '@portcullis/system/system-clock'

export interface GatewayThreadData {
  /** One count for all threads. */
  readonly counters: SharedCountersHandle
  /** Of a clock that is not the system's own. */
  readonly shift?: SharedArrayBuffer
}

/** Puts together what a thread of the gateway needs; loaded there by `openGateway`. */
export function openThread(data: unknown, keys: Keys): ThreadParts {
  const { counters, shift } = data as GatewayThreadData
  const clock = shift === undefined ? systemClock() : shiftedClock(shift)
  return {
    ports: { counters: attachSharedCounters(counters), clock, keys },
    catalog,
    plain: (fields) => printable(fields) as LogFields,
  }
}
