import { type Collection, SYSTEM } from '@portcullis/model/collection'
import { type Change, put, type Store } from '@portcullis/ports/store/port'

/** That something was changed: what, when and by whom. */
export interface ChangeRecord {
  /** The app or person, as the token named them. */
  readonly actor: string
  /** ISO 8601, UTC. */
  readonly at: string
  readonly action: string
  /** Ids of what was changed, the first hundred. */
  readonly targets: readonly string[]
}

interface ChangeHead {
  readonly number: number
}

export const changeRecords: Collection<ChangeRecord> = { name: 'change', index: () => ({}) }
const changeHeads: Collection<ChangeHead> = { name: 'change-head', index: () => ({}) }

const HEAD = 'head'
const KEPT_MILLIS = 400 * 24 * 3_600_000
const MAX_TARGETS = 100

/** The place in the order of all changes that a change was computed from. */
export interface Base {
  readonly number: number
  readonly version: number | undefined
}

/** Read it before everything else that a change is computed from. */
export async function readBase(store: Store): Promise<Base> {
  const head = await store.get(changeHeads, SYSTEM, HEAD)
  return { number: head?.value.number ?? 0, version: head?.version }
}

/**
 * Commits a change together with its record, unless any other was committed since its base: then `store.conflict`.
 * So all changes of the installation are in one order, and each was checked against everything before it.
 */
export async function commitAfter(
  store: Store,
  base: Base,
  changes: readonly Change[],
  record: ChangeRecord,
): Promise<void> {
  const number = base.number + 1
  const id = String(number).padStart(12, '0')
  const targets = record.targets.slice(0, MAX_TARGETS)
  await store.commit([
    put(changeHeads, SYSTEM, HEAD, { number }, { expect: base.version ?? 'absent' }),
    put(
      changeRecords,
      SYSTEM,
      id,
      { ...record, targets },
      { expiresAt: Date.parse(record.at) + KEPT_MILLIS },
    ),
    ...changes,
  ])
}
