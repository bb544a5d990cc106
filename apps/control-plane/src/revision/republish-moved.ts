import { revisionHeads } from '@portcullis/model/collection'
import { FindingsFault } from '@portcullis/model/finding/findings-fault'
import { revision } from '@portcullis/model/revision'
import type { Log } from '@portcullis/ports/log/port'
import type { Store } from '@portcullis/ports/store/port'
import type { Changer } from '../change/changer.ts'
import { readSigned } from '../gateway/published.ts'
import { findAll } from '../state/find-all.ts'
import { listOrganizations } from '../state/load-state.ts'
import { issuerOf } from './compile-revision.ts'
import { payloadOf } from './sign-revision.ts'

/**
 * Publishes anew what still names another authorization server: its address is a setting of the installation, not a
 * resource, so no apply would notice that it moved. And what an earlier version published in a form that this one does
 * not read: nobody else could enforce it either.
 */
export async function republishMoved(
  store: Store,
  changer: Changer,
  authserverUrl: string,
  log: Log,
): Promise<void> {
  for (const organization of await listOrganizations(store)) {
    if (!(await isMoved(store, organization, authserverUrl))) continue
    try {
      await changer.make({ declared: [], remove: [], prune: false }, 'start', {
        extra: new Set([organization]),
      })
    } catch (thrown) {
      // What is stored no longer passes the checks of this version. The rest of the installation must start all the
      // same; the organization keeps its last revision until somebody mends it.
      if (!(thrown instanceof FindingsFault)) throw thrown
      log.error('an organization cannot be published anew', { organization, findings: thrown.findings })
    }
  }
}

async function isMoved(store: Store, organization: string, authserverUrl: string): Promise<boolean> {
  const { url } = issuerOf(authserverUrl, organization)
  for (const head of await findAll(store, revisionHeads, organization)) {
    const signed = await readSigned(store, organization, head.id, head.value.number)
    const live = revision.safeParse(payloadOf(signed))
    if (!live.success || live.data.issuer.url !== url) return true
  }
  return false
}
