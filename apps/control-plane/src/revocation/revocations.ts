import {
  MAX_REVOCATIONS,
  type RevocationAcknowledgement,
  type RevocationState,
} from '@portcullis/api-client/route/revocation'
import type { Revocation } from '@portcullis/model/news/revocation'
import { readRevocations } from '@portcullis/oauth/revocation/revocation-log'
import type { Clock } from '@portcullis/ports/clock/port'
import type { Log } from '@portcullis/ports/log/port'
import type { Store } from '@portcullis/ports/store/port'
import { modelFaults } from '../check/fault.ts'
import type { NewsWatch } from '../news/watch-news.ts'
import { issuerOf } from '../revision/compile-revision.ts'
import { listOrganizations } from '../state/load-state.ts'
import { revoke, type ToRevoke } from './revoke.ts'
import { acknowledgeRevocations, spreadOf } from './spread.ts'

/** What was revoked in the installation, and how far gateways know of it. */
export interface ControlledRevocations {
  /** Resolves to the position of the last of them, once all are durable. Fault: `revocation.not-revocable`. */
  revoke(organization: string, wanted: readonly ToRevoke[], by: { readonly actor: string }): Promise<number>
  list(after: number): Promise<{ position: number; complete: boolean; revocations: Revocation[] }>
  acknowledge(said: RevocationAcknowledgement): Promise<void>
  /** Fault: `revocation.unknown`. */
  spread(position: number): Promise<RevocationState>
}

export interface RevocationParts {
  readonly store: Store
  readonly clock: Clock
  readonly log: Log
  readonly authserverUrl: string
  readonly news: NewsWatch
}

export function openRevocations({
  store,
  clock,
  log,
  authserverUrl,
  news,
}: RevocationParts): ControlledRevocations {
  return {
    async revoke(organization, wanted, { actor }) {
      if (!(await listOrganizations(store)).includes(organization)) {
        throw modelFaults['unknown-organization']({ detail: `There is no "${organization}".` })
      }
      const position = await revoke(store, clock, issuerOf(authserverUrl, organization).url, wanted)
      log.info('tokens were revoked', { organization, actor, position, count: wanted.length })
      news.tell('revocation', position)
      return position
    },
    async list(after) {
      const page = await readRevocations(store, after, MAX_REVOCATIONS)
      return {
        position: page.position,
        complete: page.entries.length < MAX_REVOCATIONS,
        revocations: [...page.entries],
      }
    },
    acknowledge: (said) => acknowledgeRevocations(store, clock, said),
    spread: (position) => spreadOf(store, clock, position),
  }
}
