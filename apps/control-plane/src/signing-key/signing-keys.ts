import type { SigningKeyView } from '@portcullis/api-client/route/signing-key'
import { defineFaults } from '@portcullis/kernel/fault'
import { signingKeySets } from '@portcullis/model/collection'
import type { KeptSigningKey, SigningKeySet } from '@portcullis/model/credential/signing-key'
import type { Clock } from '@portcullis/ports/clock/port'
import type { Log } from '@portcullis/ports/log/port'
import { type Document, put, type Store } from '@portcullis/ports/store/port'
import { findAll } from '../state/find-all.ts'

export const signingKeyFaults = defineFaults('signing-key', {
  unknown: {
    status: 404,
    title: 'There is no such signing key',
    remedy:
      '`portcullis keys list ORGANIZATION` names them. Keys are made when the first token is asked for.',
  },
})

export interface SigningKeyParts {
  readonly store: Store
  readonly clock: Clock
  readonly log: Log
}

export async function listSigningKeys(store: Store, organization: string): Promise<SigningKeyView[]> {
  const sets = await findAll(store, signingKeySets, organization)
  return sets.flatMap(({ value }) => value.keys.map(viewOf))
}

/** The authorization server sees it within seconds; it makes the keys, and changes their places. */
export async function rotateSigningKeys(
  { store, clock, log }: SigningKeyParts,
  organization: string,
  actor: string,
): Promise<SigningKeyView[]> {
  const sets = await findAll(store, signingKeySets, organization)
  if (sets.length === 0) throw signingKeyFaults.unknown()
  const demandedAt = clock.now()
  await store.commit(sets.map((each) => putSet(organization, each, { ...each.value, demandedAt })))
  log.info('new signing keys were asked for', { organization, actor })
  return listSigningKeys(store, organization)
}

/** Fault: `signing-key.unknown`. */
export async function removeSigningKey(
  { store, log }: SigningKeyParts,
  organization: string,
  kid: string,
  actor: string,
): Promise<SigningKeyView[]> {
  const sets = await findAll(store, signingKeySets, organization)
  const set = sets.find(({ value }) => value.keys.some((key) => key.kid === kid))
  if (set === undefined) throw signingKeyFaults.unknown({ detail: `"${kid}" is none of its keys.` })
  const keys = set.value.keys.filter((key) => key.kid !== kid)
  await store.commit([putSet(organization, set, { ...set.value, keys })])
  log.warn('a signing key was taken out', { organization, kid, actor })
  return listSigningKeys(store, organization)
}

function putSet(organization: string, { id, version }: Document<SigningKeySet>, value: SigningKeySet) {
  return put(signingKeySets, organization, id, value, { expect: version })
}

function viewOf({ kid, algorithm, stage, publishedAt, since }: KeptSigningKey): SigningKeyView {
  return {
    kid,
    algorithm,
    stage,
    publishedAt: new Date(publishedAt).toISOString(),
    since: new Date(since).toISOString(),
  }
}
