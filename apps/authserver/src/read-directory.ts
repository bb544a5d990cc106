import { idOf, resources, revisionHeads, revisions } from '@portcullis/model/collection'
import type { StatementCeiling } from '@portcullis/model/resource/registration'
import { type Revision, revision, revisionName } from '@portcullis/model/revision'
import { type Directory, directoryOf } from '@portcullis/oauth/directory'
import { narrowToCeilings } from '@portcullis/oauth/registration/ceiling'
import { MAX_LIMIT, type Store } from '@portcullis/ports/store/port'
import { decodeJwt } from 'jose'
import { authserverFaults } from './fault.ts'

/** What may be granted in an organization now. */
export type ReadDirectory = () => Promise<Directory>

/**
 * Reads the heads on every call, so that what was published last counts at once, and the revisions only when a head
 * has moved. The signature is for gateways, which get a revision over the network; what is in our own store we trust.
 */
export function directoryReader(store: Store, organization: string): ReadDirectory {
  let known: { readonly found: object; readonly heads: string; readonly directory: Directory } | undefined
  return async () => {
    const heads = await store.find(revisionHeads, organization)
    if (known?.found === heads) return known.directory
    const fingerprint = heads.map(({ id, value }) => `${id}#${value.number}`).join(' ')
    if (known?.heads === fingerprint) known = { ...known, found: heads }
    else {
      const live = await Promise.all(
        heads.map(({ id, value }) => readRevision(store, organization, id, value.number)),
      )
      // An app is subscribed to anything only by a revision that came after it, and its ceiling never changes.
      const ceilings = await readCeilings(store, organization)
      known = { found: heads, heads: fingerprint, directory: narrowToCeilings(directoryOf(live), ceilings) }
    }
    return known.directory
  }
}

/** What software statements allow, by the apps that registered with them. */
async function readCeilings(store: Store, organization: string): Promise<Map<string, StatementCeiling>> {
  const where = { attribute: 'kind', equals: 'App' }
  const apps = await store.find(resources, organization, { where, limit: MAX_LIMIT })
  return new Map(
    apps.flatMap(({ value }) => {
      const ceiling = value.kind === 'App' ? value.spec.registered?.statement : undefined
      return ceiling === undefined ? [] : [[value.name, ceiling] as const]
    }),
  )
}

async function readRevision(
  store: Store,
  organization: string,
  environment: string,
  number: number,
): Promise<Revision> {
  const name = revisionName({ organization, environment, number })
  const signed = await store.get(revisions, organization, idOf.revision(environment, number))
  if (signed === undefined)
    throw authserverFaults['revision-unreadable']({ internal: `${name} is not there` })
  const parsed = revision.safeParse(payloadOf(signed.value.jws, name))
  if (!parsed.success) {
    throw authserverFaults['revision-unreadable']({ internal: `${name}: ${parsed.error.message}` })
  }
  return parsed.data
}

function payloadOf(jws: string, name: string): unknown {
  try {
    return decodeJwt(jws)
  } catch (cause) {
    throw authserverFaults['revision-unreadable']({ internal: `${name} is no JWS`, cause })
  }
}
