import type { Secret } from '@portcullis/kernel/secret'
import type { Counters } from '@portcullis/ports/counters/port'
import type { Log } from '@portcullis/ports/log/port'
import { openConnection } from './connection.ts'
import { countNodes } from './count-nodes.ts'
import { openCountersAhead } from './counters-ahead.ts'
import { openCountersWhenAway } from './counters-when-away.ts'
import { openValkeyCounters } from './valkey-counters.ts'

export interface NodeCountersOptions {
  readonly url: Secret
  readonly timeoutMillis: number
  /** The name of this node, the same in all its threads and different from all others. */
  readonly node: string
  /** Those of this node alone, shared by its threads: for limits that chose them while the engine is away. */
  readonly local: Counters
  readonly log?: Log | undefined
}

/** The counters of one thread of a node: in Valkey or Redis, and what becomes of them while that is away. */
export function openNodeCounters({ url, timeoutMillis, node, local, log }: NodeCountersOptions): Counters {
  const connection = openConnection({ url, timeoutMillis, log })
  const nodes = countNodes({ connection, node })
  const shared = openCountersAhead({ shared: openValkeyCounters({ connection }) })
  const counters = openCountersWhenAway({ shared, local, nodes: nodes.known })
  return {
    ...counters,
    async close() {
      nodes.close()
      await counters.close()
    },
  }
}
