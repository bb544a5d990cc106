import type { RevocationAcknowledgement, RevocationState } from '@portcullis/api-client/route/revocation'
import { type Collection, SYSTEM } from '@portcullis/model/collection'
import { readRevocation, revocationPosition } from '@portcullis/oauth/revocation/revocation-log'
import type { Clock } from '@portcullis/ports/clock/port'
import { put, type Store, storeFaults } from '@portcullis/ports/store/port'
import { findAll } from '../state/find-all.ts'
import { revocationFaults } from './fault.ts'

/** What a gateway last said, and when each of the positions before was first in force there. */
interface GatewayPosition extends RevocationAcknowledgement {
  /** Milliseconds since the epoch: the last word, and the first with this position. */
  readonly heardAt: number
  readonly reachedAt: number
  /** The last positions that it reached before, with their times, oldest first. */
  readonly before: readonly { readonly position: number; readonly reachedAt: number }[]
}

const gatewayPositions: Collection<GatewayPosition> = {
  name: 'revocation-acknowledgement',
  index: () => ({}),
}

/** A gateway speaks up at least every thirty seconds. One that is silent for longer has no say in what is in force. */
const SILENT_MILLIS = 95_000
const KEPT_MILLIS = 24 * 3_600_000
const KEPT_POSITIONS = 100

/** Notes up to where a gateway refuses what was revoked. */
export async function acknowledgeRevocations(
  store: Store,
  clock: Clock,
  { gateway, position }: RevocationAcknowledgement,
): Promise<void> {
  if (position > (await revocationPosition(store))) throw revocationFaults.unknown()
  const known = await store.get(gatewayPositions, SYSTEM, gateway)
  const now = clock.now()
  const last = known?.value
  const isNew = last === undefined || position > last.position
  const value: GatewayPosition = {
    gateway,
    // A gateway that begins anew begins below what it had.
    position,
    heardAt: now,
    reachedAt: isNew || position < last.position ? now : last.reachedAt,
    before:
      isNew && last !== undefined
        ? [...last.before, pick(last)].slice(-KEPT_POSITIONS)
        : (last?.before ?? []),
  }
  const expect = known?.version ?? 'absent'
  try {
    await store.commit([
      put(gatewayPositions, SYSTEM, gateway, value, { expect, expiresAt: now + KEPT_MILLIS }),
    ])
  } catch (thrown) {
    // It has spoken twice at once: one of the two counts, and it speaks again soon.
    if (!storeFaults.conflict.is(thrown)) throw thrown
  }
}

const pick = ({ position, reachedAt }: GatewayPosition) => ({ position, reachedAt })

/** How far the revocation at a position has come. Fault: `revocation.unknown`. */
export async function spreadOf(store: Store, clock: Clock, position: number): Promise<RevocationState> {
  const revocation = await readRevocation(store, position)
  if (revocation === undefined) throw revocationFaults.unknown()
  const now = clock.now()
  const heard = (await findAll(store, gatewayPositions, SYSTEM)).map(({ value }) => value)
  const gateways = heard
    .filter(({ heardAt }) => now - heardAt <= SILENT_MILLIS)
    .map((each) => stateOf(each, position, revocation.before))
  return {
    position,
    revokedAt: new Date(revocation.before).toISOString(),
    inForce: gateways.every(({ inForce }) => inForce),
    gateways,
  }
}

function stateOf(
  each: GatewayPosition,
  position: number,
  revokedAt: number,
): RevocationState['gateways'][number] {
  if (each.position < position) return { gateway: each.gateway, inForce: false }
  const reached = [...each.before, pick(each)].find((one) => one.position >= position)
  return {
    gateway: each.gateway,
    inForce: true,
    ...(reached !== undefined && { millis: Math.max(0, reached.reachedAt - revokedAt) }),
  }
}
