import { revisionName } from '@portcullis/model/revision'
import type { Log } from '@portcullis/ports/log/port'
import { hostName } from '../listener/host-name.ts'
import type { LoadedRevision } from './load-revision.ts'

/** All that is live at one moment: never changed, only replaced. */
export interface Environments {
  readonly loaded: readonly LoadedRevision[]
  /** The environment that answers to a Host field: the one that names it, else the one that answers to any. */
  byHost(host: string): LoadedRevision | undefined
}

const ANY = '*'
const MAX_ASKED_HOSTS = 1_000

export function environments(
  loaded: readonly LoadedRevision[],
  before: Environments | undefined,
  log: Log,
): Environments {
  const hosts = new Map<string, LoadedRevision>()
  for (const each of inOrderOfClaim(loaded, before)) {
    for (const host of each.revision.hosts) {
      const holder = hosts.get(host.toLowerCase())
      if (holder === undefined) hosts.set(host.toLowerCase(), each)
      else {
        log.error('two environments claim one host; it stays with the first', {
          host,
          holder: revisionName(holder.revision),
          refused: revisionName(each.revision),
        })
      }
    }
  }
  // Few spellings of a host are ever sent; the map is replaced with the environments.
  const asked = new Map<string, LoadedRevision>()
  return {
    loaded,
    byHost(host) {
      const known = asked.get(host)
      if (known !== undefined) return known
      const found = hosts.get(hostName(host)) ?? hosts.get(ANY)
      if (asked.size >= MAX_ASKED_HOSTS) asked.clear()
      if (found !== undefined) asked.set(host, found)
      return found
    },
  }
}

/** Who was there before keeps its hosts: nobody takes a host by publishing. */
function inOrderOfClaim(
  loaded: readonly LoadedRevision[],
  before: Environments | undefined,
): LoadedRevision[] {
  const earlier = (each: LoadedRevision): number => {
    const index = before?.loaded.findIndex((one) => isSameEnvironment(one, each)) ?? -1
    return index === -1 ? Number.MAX_SAFE_INTEGER : index
  }
  return loaded.toSorted(
    (a, b) => earlier(a) - earlier(b) || (revisionName(a.revision) < revisionName(b.revision) ? -1 : 1),
  )
}

function isSameEnvironment(a: LoadedRevision, b: LoadedRevision): boolean {
  return (
    a.revision.organization === b.revision.organization && a.revision.environment === b.revision.environment
  )
}
