import { newApiKey } from '@portcullis/kernel/api-key'
import { fingerprintOf, type Secret } from '@portcullis/kernel/secret'
import { apiKeyHeads, apiKeys, idOf, SYSTEM } from '@portcullis/model/collection'
import type { ApiKey } from '@portcullis/model/credential/api-key'
import {
  headOf,
  numberNext,
  type Page,
  type PositionLog,
  readAfter,
} from '@portcullis/oauth/revocation/position-log'
import { type Change, type Document, remove, type Store } from '@portcullis/ports/store/port'
import { findAll } from '../state/find-all.ts'

const log: PositionLog<ApiKey> = { entries: apiKeys, heads: apiKeyHeads }

export interface IssuedApiKey {
  readonly issued: ApiKey
  /** Shown this once; only its hash is kept. */
  readonly secret: Secret
  readonly changes: readonly Change[]
}

/** A new key, and what makes it known. */
export async function newKeyOf(
  store: Store,
  { organization, app }: { readonly organization: string; readonly app: string },
  nowMillis: number,
  expiresAt: number | undefined,
): Promise<IssuedApiKey> {
  const { id, key: secret } = newApiKey(nowMillis)
  const key: Omit<ApiKey, 'position'> = {
    ...{ id, organization, app, hash: fingerprintOf(secret), issuedAt: nowMillis },
    ...(expiresAt !== undefined && { expiresAt }),
  }
  const { entries, changes } = await numberNext(store, log, [key], endOf)
  return { issued: entries[0] as ApiKey, secret, changes }
}

/** What ends keys at once, for gateways too. Those that are revoked already stay as they are. */
export async function endingKeys(
  store: Store,
  keys: readonly ApiKey[],
  nowMillis: number,
): Promise<readonly Change[]> {
  const usable = keys.filter(({ revokedAt }) => revokedAt === undefined)
  if (usable.length === 0) return []
  const revoked = usable.map(({ position: _, ...key }) => ({ ...key, revokedAt: nowMillis }))
  const { changes } = await numberNext<ApiKey>(store, log, revoked, endOf)
  return [...usable.map(({ position }) => remove(apiKeys, SYSTEM, idOf.position(position))), ...changes]
}

export async function keysOf(store: Store, organization: string, app: string): Promise<ApiKey[]> {
  const where = { attribute: 'app', equals: `${organization}/${app}` }
  return valuesOf(await findAll(store, apiKeys, SYSTEM, { where })).toSorted(
    (a, b) => a.issuedAt - b.issuedAt,
  )
}

export async function keyNamed(store: Store, id: string): Promise<ApiKey | undefined> {
  return valuesOf(await findAll(store, apiKeys, SYSTEM, { where: { attribute: 'id', equals: id } }))[0]
}

/** Those that were issued or revoked after a position. */
export function readApiKeys(store: Store, after: number, limit: number): Promise<Page<ApiKey>> {
  return readAfter(store, log, after, limit)
}

export function apiKeyPosition(store: Store): Promise<number> {
  return headOf(store, log)
}

/** Who knows a key that has expired knows its end, and nobody else needs to: it stays a while for whoever lists the keys. */
const LISTED_AFTER_MILLIS = 30 * 24 * 3_600_000

function endOf({ expiresAt }: ApiKey): number | undefined {
  return expiresAt === undefined ? undefined : expiresAt + LISTED_AFTER_MILLIS
}

function valuesOf(documents: readonly Document<ApiKey>[]): ApiKey[] {
  return documents.map(({ value }) => value)
}
