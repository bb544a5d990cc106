import type { Acknowledgement, GatewayState } from '@portcullis/api-client/route/gateway'
import { type Collection, SYSTEM } from '@portcullis/model/collection'
import type { Clock } from '@portcullis/ports/clock/port'
import { put, type Store } from '@portcullis/ports/store/port'
import { findAll } from '../state/find-all.ts'
import { publishedFaults } from './fault.ts'
import { liveNumber } from './published.ts'

interface StoredAcknowledgement extends Acknowledgement {
  readonly at: string
}

const acknowledgements: Collection<StoredAcknowledgement> = { name: 'acknowledgement', index: () => ({}) }

/** A gateway that was taken away is forgotten after this time without a word from it. */
const KEPT_MILLIS = 30 * 24 * 3_600_000

/** Notes that a gateway enforces a revision. */
export async function acknowledge(store: Store, clock: Clock, said: Acknowledgement): Promise<void> {
  const { gateway, organization, environment, number } = said
  const live = await liveNumber(store, organization, environment)
  if (live === undefined) throw publishedFaults['unknown-environment']()
  if (number > live) throw publishedFaults['unknown-revision']()
  const now = clock.now()
  const value = { gateway, organization, environment, number, at: new Date(now).toISOString() }
  const id = `${gateway}/${organization}/${environment}`
  await store.commit([put(acknowledgements, SYSTEM, id, value, { expiresAt: now + KEPT_MILLIS })])
}

/** What every gateway last said, beside what is live: whether a change is in force everywhere. */
export async function listGateways(store: Store): Promise<GatewayState[]> {
  const said = await findAll(store, acknowledgements, SYSTEM)
  return Promise.all(
    said.map(async ({ value }) => {
      const live = await liveNumber(store, value.organization, value.environment)
      return { ...value, ...(live !== undefined && { live }) }
    }),
  )
}
