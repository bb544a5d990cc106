import type { ResourceChange } from '@portcullis/api-client/route/bundle'
import type { Revocable } from '@portcullis/model/news/revocation'
import type { Clock } from '@portcullis/ports/clock/port'
import type { Store } from '@portcullis/ports/store/port'
import { issuerOf } from '../revision/compile-revision.ts'
import { revoke } from '../revocation/revoke.ts'

/**
 * An app or user that is removed or disabled takes its tokens, grants and sign-ins along, so that another of the same name finds none of
 * them. Written down before the removal: if that fails, somebody signs in once more, and nothing worse.
 */
export async function revokeRemoved(
  { store, clock, authserverUrl }: { store: Store; clock: Clock; authserverUrl: string },
  changes: readonly ResourceChange[],
): Promise<void> {
  const removed = changes.flatMap((change) => {
    const { action, organization, kind, name } = change
    const what = action === 'delete' || isDisabled(change) ? REVOKED[kind] : undefined
    return what === undefined ? [] : [{ organization, what, value: name }]
  })
  for (const [organization, theirs] of Map.groupBy(removed, (each) => each.organization)) {
    await revoke(store, clock, issuerOf(authserverUrl, organization).url, theirs)
  }
}

/** Whether an app is over: it was removed, or disabled. */
export function endsApp(change: ResourceChange): boolean {
  return change.kind === 'App' && (change.action === 'delete' || isDisabled(change))
}

function isDisabled({ differences }: ResourceChange): boolean {
  return differences.some(({ path, after }) => path === '/spec/disabled' && after === true)
}

const REVOKED: Readonly<Record<string, Revocable>> = { App: 'client', User: 'subject' }
