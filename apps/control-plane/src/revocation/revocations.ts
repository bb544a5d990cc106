import {
  MAX_REVOCATIONS,
  type RevocationAcknowledgement,
  type RevocationState,
} from '@portcullis/api-client/route/revocation'
import type { Revocation } from '@portcullis/model/revocation'
import { readRevocations } from '@portcullis/oauth/revocation-log'
import type { Clock } from '@portcullis/ports/clock/port'
import type { Log } from '@portcullis/ports/log/port'
import type { Store } from '@portcullis/ports/store/port'
import { modelFaults } from '../check/fault.ts'
import { issuerOf } from '../revision/compile-revision.ts'
import { listOrganizations } from '../state/load-state.ts'
import { revoke, type ToRevoke } from './revoke.ts'
import { acknowledgeRevocations, spreadOf } from './spread.ts'
import { type PositionListener, PositionWatch } from './watch-position.ts'

/** What was revoked in the installation, and how far gateways know of it. */
export interface ControlledRevocations {
  /** Resolves to the position of the last of them, once all are durable. Fault: `revocation.not-revocable`. */
  revoke(organization: string, wanted: readonly ToRevoke[], by: { readonly actor: string }): Promise<number>
  list(after: number): Promise<{ position: number; complete: boolean; revocations: Revocation[] }>
  acknowledge(said: RevocationAcknowledgement): Promise<void>
  /** Fault: `revocation.unknown`. */
  spread(position: number): Promise<RevocationState>
  /** Calls back with the newest position; the answer ends that. */
  onRevocation(listener: PositionListener): () => void
}

export interface RevocationParts {
  readonly store: Store
  readonly clock: Clock
  readonly log: Log
  readonly authserverUrl: string
}

export function openRevocations({
  store,
  clock,
  log,
  authserverUrl,
}: RevocationParts): ControlledRevocations {
  const watch = new PositionWatch(store, log)
  return {
    async revoke(organization, wanted, { actor }) {
      if (!(await listOrganizations(store)).includes(organization)) {
        throw modelFaults['unknown-organization']({ detail: `There is no "${organization}".` })
      }
      const position = await revoke(store, clock, issuerOf(authserverUrl, organization).url, wanted)
      log.info('tokens were revoked', { organization, actor, position, count: wanted.length })
      watch.tell(position)
      return position
    },
    async list(after) {
      const page = await readRevocations(store, after, MAX_REVOCATIONS)
      return {
        position: page.position,
        complete: page.revocations.length < MAX_REVOCATIONS,
        revocations: [...page.revocations],
      }
    },
    acknowledge: (said) => acknowledgeRevocations(store, clock, said),
    spread: (position) => spreadOf(store, clock, position),
    onRevocation: (listener) => watch.listen(listener),
  }
}
