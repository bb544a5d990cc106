import { commitAfter, readBase } from '@portcullis/oauth/audit/change-record'
import type { Clock } from '@portcullis/ports/clock/port'
import { type Change, type Store, storeFaults } from '@portcullis/ports/store/port'

/** Others may change things at the same moment: each conflict means that one of them came through. */
const MAX_TRIES = 10

/**
 * Makes a change of an app in the one order of all changes, so that what people declare at the same moment is checked
 * against it. `compute` runs again whenever somebody else was first.
 */
export async function recordChange<T>(
  { store, clock }: { readonly store: Store; readonly clock: Clock },
  action: string,
  target: string,
  compute: () => Promise<{ readonly changes: readonly Change[]; readonly result: T }>,
): Promise<T> {
  for (let tries = 1; ; tries++) {
    const base = await readBase(store)
    const { changes, result } = await compute()
    const record = {
      actor: 'registration',
      at: new Date(clock.now()).toISOString(),
      action,
      targets: [target],
    }
    try {
      await commitAfter(store, base, changes, record)
      return result
    } catch (thrown) {
      if (!storeFaults.conflict.is(thrown) || tries >= MAX_TRIES) throw thrown
    }
  }
}
