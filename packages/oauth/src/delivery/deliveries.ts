import { hash } from 'node:crypto'
import { type Delivery, deliveries, SYSTEM } from '@portcullis/model/collection'
import { type Change, type Document, put, remove, type Store } from '@portcullis/ports/store/port'
import { dueId, waitMillis } from '../due/due.ts'

/** What nobody took by then is given up. */
const KEPT_MILLIS = 7 * 86_400_000
const MOST_TRIES = 7

/** Begins a delivery, in one commit with whatever it follows from. */
export function delivering(delivery: Delivery, dueMillis: number): Change {
  return put(deliveries, SYSTEM, dueId(dueMillis, nameOf(delivery)), delivery, keptFrom(dueMillis))
}

/** One that was planned for a later time is due now. Nothing where it is not planned any more. */
export async function broughtForward(
  store: Store,
  delivery: Pick<Delivery, 'organization' | 'kind' | 'id'>,
  plannedMillis: number,
  nowMillis: number,
): Promise<Change[]> {
  const planned = await store.get(deliveries, SYSTEM, dueId(plannedMillis, nameOf(delivery)))
  if (planned === undefined) return []
  return [remove(deliveries, SYSTEM, planned.id, planned.version), delivering(planned.value, nowMillis)]
}

export interface Claim {
  readonly changes: readonly Change[]
  /** As it is once the changes are made. */
  readonly id: string
  readonly delivery: Delivery
}

/**
 * The next try is written down before this one begins: whoever dies in between has lost nothing, and of several nodes one gets it.
 * Nothing where it was tried often enough.
 */
export function claimDelivery(
  { id, version, value }: Document<Delivery>,
  nowMillis: number,
): Claim | undefined {
  if (value.tries >= MOST_TRIES) return undefined
  const delivery = { ...value, tries: value.tries + 1 }
  const dueMillis = nowMillis + waitMillis(value.tries)
  const next = dueId(dueMillis, nameOf(value))
  const write = put(deliveries, SYSTEM, next, delivery, { ...keptFrom(dueMillis), expect: 'absent' })
  return { changes: [remove(deliveries, SYSTEM, id, version), write], id: next, delivery }
}

/** What goes out is kept, so that every further try brings the same. */
export function sealedDelivery({ id, delivery }: Claim, sealed: string, grantId: string | undefined): Change {
  const value = { ...delivery, sealed, ...(grantId !== undefined && { grantId }) }
  return put(deliveries, SYSTEM, id, value, { expect: 1, expiresAt: Number.parseInt(id, 10) + KEPT_MILLIS })
}

/** It arrived, or nobody is to get it any more. */
export function endedDelivery(id: string): Change {
  return remove(deliveries, SYSTEM, id)
}

function keptFrom(dueMillis: number): { readonly expiresAt: number } {
  return { expiresAt: dueMillis + KEPT_MILLIS }
}

/** Of a request the id is what an app would present: it is not for the keys of a store. */
function nameOf({ organization, kind, id }: Pick<Delivery, 'organization' | 'kind' | 'id'>): string {
  return `${organization}/${kind}/${hash('sha256', id, 'base64url')}`
}
