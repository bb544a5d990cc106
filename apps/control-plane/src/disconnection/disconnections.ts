import { MAX_DISCONNECTIONS } from '@portcullis/api-client/route/disconnection'
import { disconnectionHeads, disconnections } from '@portcullis/model/collection'
import type { Disconnection, StandingFilter } from '@portcullis/model/news/disconnection'
import { headOf, numberNext, type PositionLog, readAfter } from '@portcullis/oauth/revocation/position-log'
import type { Clock } from '@portcullis/ports/clock/port'
import type { Log } from '@portcullis/ports/log/port'
import { type Store, storeFaults } from '@portcullis/ports/store/port'
import { modelFaults } from '../check/fault.ts'
import type { NewsWatch } from '../news/watch-news.ts'
import { listOrganizations } from '../state/load-state.ts'

const log: PositionLog<Disconnection> = { entries: disconnections, heads: disconnectionHeads }

/** A gateway that was cut off for longer than that has lost the calls with it. */
const TOLD_MILLIS = 24 * 3_600_000
/** Others may write at the same moment: each conflict means that one of them came through. */
const MAX_TRIES = 50

/** What operators ended by hand. */
export interface ControlledDisconnections {
  /** Resolves to its position once it is durable; gateways learn of it at once. */
  disconnect(organization: string, filter: StandingFilter, by: { readonly actor: string }): Promise<number>
  list(after: number): Promise<{ position: number; complete: boolean; disconnections: Disconnection[] }>
}

export interface DisconnectionParts {
  readonly store: Store
  readonly clock: Clock
  readonly log: Log
  readonly news: NewsWatch
}

export function openDisconnections(parts: DisconnectionParts): ControlledDisconnections {
  const { store, clock, news } = parts
  return {
    async disconnect(organization, filter, { actor }) {
      if (!(await listOrganizations(store)).includes(organization)) {
        throw modelFaults['unknown-organization']({ detail: `There is no "${organization}".` })
      }
      const position = await append(store, { organization, filter, before: clock.now() })
      parts.log.info('standing calls are to end', { organization, actor, position, ...filter })
      news.tell('disconnection', position)
      return position
    },
    async list(after) {
      const { position, entries } = await readAfter(store, log, after, MAX_DISCONNECTIONS)
      return { position, complete: entries.length < MAX_DISCONNECTIONS, disconnections: [...entries] }
    },
  }
}

export function disconnectionPosition(store: Store): Promise<number> {
  return headOf(store, log)
}

async function append(store: Store, wanted: Omit<Disconnection, 'position'>): Promise<number> {
  for (let tries = 1; ; tries++) {
    const { entries, changes } = await numberNext(store, log, [wanted], ({ before }) => before + TOLD_MILLIS)
    try {
      await store.commit([...changes])
      return entries[0]?.position ?? 0
    } catch (thrown) {
      if (!storeFaults.conflict.is(thrown) || tries >= MAX_TRIES) throw thrown
    }
  }
}
