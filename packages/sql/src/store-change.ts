import { compareCodePoints } from '@portcullis/ports/store/code-point-order'
import {
  conflictOf,
  isExpected,
  type PreparedChange,
  type PreparedPut,
  type PreparedRemove,
  type PreparedRemoveWhere,
} from '@portcullis/ports/store/prepare'
import type { Transaction } from 'kysely'
import { inBatches } from './in-batches.ts'
import type { StoreTables } from './store-tables.ts'

export interface Judging {
  /** Milliseconds since the epoch. */
  readonly now: number
  /** Whether others may write meanwhile: rows are then locked before they are judged. */
  readonly isShared: boolean
}

/** Makes the changes of a commit in their order. A fault ends the transaction, and with it all changes before. */
export async function applyChanges(
  transaction: Transaction<StoreTables>,
  changes: readonly PreparedChange[],
  judging: Judging,
): Promise<void> {
  let named: Named[] = []
  for (const change of changes) {
    if (change.change !== 'remove-where') {
      named.push(change)
      continue
    }
    await applyNamed(transaction, named, judging)
    named = []
    await removeWhere(transaction, change)
  }
  await applyNamed(transaction, named, judging)
}

/** A change that names its document. */
type Named = PreparedPut | PreparedRemove

interface Written {
  readonly change: PreparedPut
  readonly version: number
}

/** What becomes of a document. */
interface Fate {
  readonly organization: string
  readonly collection: string
  readonly id: string
  /** Absent where there is no row. */
  readonly key: number | undefined
  /** The version that changes find; absent where there is no document, or one that has expired. */
  found: number | undefined
  /** What is to be written; absent where it is removed or nothing was put yet. */
  put: Written | undefined
}

/** Judges all of them against what is there, and then writes what is left of them: few statements, however many they are. */
async function applyNamed(
  transaction: Transaction<StoreTables>,
  changes: readonly Named[],
  judging: Judging,
): Promise<void> {
  const fates = await readFates(transaction, changes, judging)
  for (const change of changes) {
    const fate = fates.get(nameOf(change)) as Fate
    if (!isExpected(change, fate.found)) throw conflictOf(change, fate.found)
    fate.put = change.change === 'put' ? { change, version: (fate.found ?? 0) + 1 } : undefined
    fate.found = isAlive(fate.put?.change.expiresAt, judging.now) ? fate.put?.version : undefined
  }
  await write(transaction, [...fates.values()])
}

/**
 * The documents as they are now. Where others write too they are locked in the order of their names, whatever the order
 * of the changes: so two commits that want the same ones wait for each other, and never each for the other.
 */
async function readFates(
  transaction: Transaction<StoreTables>,
  changes: readonly Named[],
  { now, isShared }: Judging,
): Promise<Map<string, Fate>> {
  const fates = new Map<string, Fate>()
  for (const change of [...changes].sort(byName)) {
    const { organization, collection, id } = change
    fates.set(nameOf(change), {
      organization,
      collection,
      id,
      key: undefined,
      found: undefined,
      put: undefined,
    })
  }
  for (const batch of inBatches([...fates.values()])) {
    const rows = await transaction
      .selectFrom('document')
      .select(['key', 'organization', 'collection', 'id', 'version', 'expires_at'])
      .where(({ eb, refTuple, tuple }) =>
        eb(
          refTuple('organization', 'collection', 'id'),
          'in',
          batch.map(({ organization, collection, id }) => tuple(organization, collection, id)),
        ),
      )
      .orderBy('organization')
      .orderBy('collection')
      .orderBy('id')
      .$if(isShared, (locked) => locked.forUpdate())
      .execute()
    for (const { key, version, expires_at: end, ...name } of rows) {
      const found = isAlive(end ?? undefined, now) ? version : undefined
      fates.set(nameOf(name), { ...name, key, found, put: undefined })
    }
  }
  return fates
}

/** A row that was not there is inserted and nothing else: one that somebody else has inserted since is not overwritten. */
async function write(transaction: Transaction<StoreTables>, fates: readonly Fate[]): Promise<void> {
  const there = fates.filter((fate): fate is Fate & { key: number } => fate.key !== undefined)
  for (const batch of inBatches(there)) {
    const keys = batch.map(({ key }) => key)
    await transaction.deleteFrom('attribute').where('document', 'in', keys).execute()
  }
  for (const batch of inBatches(there.filter(({ put }) => put === undefined))) {
    const keys = batch.map(({ key }) => key)
    await transaction.deleteFrom('document').where('key', 'in', keys).execute()
  }
  for (const { key, put } of there) {
    if (put === undefined) continue
    await transaction.updateTable('document').set(contentOf(put)).where('key', '=', key).execute()
    await writeAttributes(transaction, [{ key, put }])
  }
  await insert(
    transaction,
    fates.flatMap(({ key, put }) => (key === undefined && put !== undefined ? [put] : [])),
  )
}

async function insert(transaction: Transaction<StoreTables>, puts: readonly Written[]): Promise<void> {
  for (const batch of inBatches(puts)) {
    const rows = await transaction
      .insertInto('document')
      .values(
        batch.map((put) => {
          const { organization, collection, id } = put.change
          return { organization, collection, id, ...contentOf(put) }
        }),
      )
      .returning(['key', 'organization', 'collection', 'id'])
      .execute()
    const keys = new Map(rows.map(({ key, ...name }) => [nameOf(name), key]))
    await writeAttributes(
      transaction,
      batch.map((put) => ({ key: keys.get(nameOf(put.change)) as number, put })),
    )
  }
}

function contentOf({ change, version }: Written) {
  return { version, expires_at: change.expiresAt ?? null, value: change.json }
}

async function writeAttributes(
  transaction: Transaction<StoreTables>,
  documents: readonly { readonly key: number; readonly put: Written }[],
): Promise<void> {
  const rows = documents.flatMap(({ key, put }) => {
    const { organization, collection, id, attributes } = put.change
    return Array.from(attributes, ([name, value]) => ({
      organization,
      collection,
      id,
      document: key,
      name,
      value,
    }))
  })
  for (const batch of inBatches(rows)) await transaction.insertInto('attribute').values(batch).execute()
}

/** The attributes go with their documents (ON DELETE CASCADE). */
async function removeWhere(
  transaction: Transaction<StoreTables>,
  change: PreparedRemoveWhere,
): Promise<void> {
  await transaction
    .deleteFrom('document')
    .where('key', 'in', (from) =>
      from
        .selectFrom('attribute')
        .select('document')
        .where('organization', '=', change.organization)
        .where('collection', '=', change.collection)
        .where('name', '=', change.attribute)
        .where('value', '=', change.equals),
    )
    .execute()
}

function isAlive(expiresAt: number | undefined, now: number): boolean {
  return expiresAt === undefined || expiresAt > now
}

type Name = Pick<Named, 'organization' | 'collection' | 'id'>

/** U+0000 is in none of them. */
function nameOf({ organization, collection, id }: Name): string {
  return `${organization}\0${collection}\0${id}`
}

function byName(a: Name, b: Name): number {
  return (
    compareCodePoints(a.organization, b.organization) ||
    compareCodePoints(a.collection, b.collection) ||
    compareCodePoints(a.id, b.id)
  )
}
