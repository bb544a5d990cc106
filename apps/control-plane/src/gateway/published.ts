import type { RevisionNotice } from '@portcullis/api-client/route/bundle'
import { idOf, revisionHeads, revisions, type SignedRevision, SYSTEM } from '@portcullis/model/collection'
import type { Revision } from '@portcullis/model/revision'
import type { Store } from '@portcullis/ports/store/port'
import { decodeRevision } from '../revision/sign-revision.ts'
import { findAll } from '../state/find-all.ts'
import { listOrganizations } from '../state/load-state.ts'
import { publishedFaults } from './fault.ts'

export interface PublishedRevision {
  readonly revision: Revision
  readonly signed: SignedRevision
}

/** A published revision; the live one without a number. */
export async function readRevision(
  store: Store,
  organization: string,
  environment: string,
  number?: number,
): Promise<PublishedRevision> {
  const signed = await readSigned(store, organization, environment, number)
  return { revision: decodeRevision(signed), signed }
}

export async function readSigned(
  store: Store,
  organization: string,
  environment: string,
  number?: number,
): Promise<SignedRevision> {
  const wanted = number ?? (await liveNumber(store, organization, environment))
  if (wanted === undefined) {
    throw publishedFaults['unknown-environment']({ detail: `There is no "${organization}/${environment}".` })
  }
  const found = await store.get(revisions, organization, idOf.revision(environment, wanted))
  if (found !== undefined) return found.value
  throw publishedFaults['unknown-revision']({
    detail: `There is no ${organization}/${environment}#${wanted}.`,
  })
}

export async function liveNumber(
  store: Store,
  organization: string,
  environment: string,
): Promise<number | undefined> {
  return (await store.get(revisionHeads, organization, idOf.revisionHead(environment)))?.value.number
}

/** What gateways enforce: every environment but the installation's own, which the control plane guards itself. */
export async function listServed(store: Store): Promise<RevisionNotice[]> {
  const organizations = (await listOrganizations(store)).filter((each) => each !== SYSTEM)
  const served = await Promise.all(
    organizations.map(async (organization) => {
      const heads = await findAll(store, revisionHeads, organization)
      return heads.map(({ id, value }) => ({ organization, environment: id, number: value.number }))
    }),
  )
  return served.flat()
}
