import type { Fault } from '@portcullis/kernel/fault'
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
import type { QueryTexts } from './query-texts.ts'
import type { StoreTables } from './store-tables.ts'

export interface Judging {
  /** Milliseconds since the epoch. */
  readonly now: number
  /** Whether others may write meanwhile: rows are then locked before they are judged. */
  readonly isShared: boolean
  readonly texts: QueryTexts
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

/** The same for several commits, one after the other. Only one that is alone may remove by attributes. */
export async function applyCommits(
  transaction: Transaction<StoreTables>,
  commits: readonly (readonly PreparedChange[])[],
  judging: Judging,
): Promise<readonly (Fault | undefined)[]> {
  const [only] = commits
  if (only !== undefined && commits.length === 1) {
    await applyChanges(transaction, only, judging)
    return []
  }
  return applyTogether(transaction, commits.map(demandNamed), judging)
}

function demandNamed(changes: readonly PreparedChange[]): readonly Named[] {
  if (changes.every((change): change is Named => change.change !== 'remove-where')) return changes
  throw new TypeError('a commit that removes by an attribute is made alone')
}

async function applyNamed(
  transaction: Transaction<StoreTables>,
  changes: readonly Named[],
  judging: Judging,
): Promise<void> {
  const [fault] = await applyTogether(transaction, [changes], judging)
  if (fault !== undefined) throw fault
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
  readonly found: number | undefined
  /** Of one that stays as it is nothing is written. */
  readonly isChanged: boolean
  /** What is to be written; absent where it is removed. */
  readonly put: Written | undefined
}

/** Judges all of them against what is there, and then writes what is left of them: few statements, however many they are. */
async function applyTogether(
  transaction: Transaction<StoreTables>,
  commits: readonly (readonly Named[])[],
  judging: Judging,
): Promise<readonly (Fault | undefined)[]> {
  const fates = await readFates(transaction, commits.flat(), judging)
  const faults = commits.map((changes) => judge(changes, fates, judging.now))
  await write(
    transaction,
    [...fates.values()].filter(({ isChanged }) => isChanged),
    judging.texts,
  )
  return faults
}

/** What becomes of the documents of a commit; where one is not as it is expected to be, all stay as they were before. */
function judge(changes: readonly Named[], fates: Map<string, Fate>, now: number): Fault | undefined {
  const before = new Map<string, Fate>()
  for (const change of changes) {
    const name = nameOf(change)
    const fate = fates.get(name) as Fate
    if (!isExpected(change, fate.found)) {
      for (const [known, was] of before) fates.set(known, was)
      return conflictOf(change, fate.found)
    }
    if (!before.has(name)) before.set(name, fate)
    const put = change.change === 'put' ? { change, version: (fate.found ?? 0) + 1 } : undefined
    const found = isAlive(put?.change.expiresAt, now) ? put?.version : undefined
    fates.set(name, { ...fate, isChanged: true, put, found })
  }
  return undefined
}

/**
 * The documents as they are now. Where others write too they are locked in the order of their names, whatever the order
 * of the changes: so two commits that want the same ones wait for each other, and never each for the other.
 */
async function readFates(
  transaction: Transaction<StoreTables>,
  changes: readonly Named[],
  { now, isShared, texts }: Judging,
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
      isChanged: false,
      put: undefined,
    })
  }
  for (const batch of inBatches([...fates.values()])) {
    const names = batch.flatMap(({ organization, collection, id }) => [organization, collection, id])
    const rows = await texts.run(transaction, `there ${batch.length}`, names, () =>
      transaction
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
        .$if(isShared, (locked) => locked.forUpdate()),
    )
    for (const { key, version, expires_at: end, ...name } of rows) {
      const found = isAlive(end ?? undefined, now) ? version : undefined
      fates.set(nameOf(name), { ...name, key, found, isChanged: false, put: undefined })
    }
  }
  return fates
}

/** A row that was not there is inserted and nothing else: one that somebody else has inserted since is not overwritten. */
async function write(
  transaction: Transaction<StoreTables>,
  fates: readonly Fate[],
  texts: QueryTexts,
): Promise<void> {
  const there = fates.filter((fate): fate is Fate & { key: number } => fate.key !== undefined)
  const written = there.flatMap(({ key, put }) => (put === undefined ? [] : [{ key, put }]))
  const found = await readAttributes(
    transaction,
    written.map(({ key }) => key),
    texts,
  )
  const areSame = ({ key, put }: Kept): boolean => isSame(found.get(key), put.change.attributes)
  const others = there.filter(({ key, put }) => put === undefined || !areSame({ key, put }))
  for (const batch of inBatches(others.map(({ key }) => key))) {
    await texts.run(transaction, `forget attributes ${batch.length}`, batch, () =>
      transaction.deleteFrom('attribute').where('document', 'in', batch),
    )
  }
  for (const batch of inBatches(there.flatMap(({ key, put }) => (put === undefined ? [key] : [])))) {
    await texts.run(transaction, `remove ${batch.length}`, batch, () =>
      transaction.deleteFrom('document').where('key', 'in', batch),
    )
  }
  for (const { key, put } of written) {
    const content = contentOf(put)
    await texts.run(transaction, 'change', [...Object.values(content), key], () =>
      transaction.updateTable('document').set(content).where('key', '=', key),
    )
  }
  const news = fates.flatMap(({ key, put }) => (key === undefined && put !== undefined ? [put] : []))
  const changed = written.filter((each) => !areSame(each))
  await writeAttributes(transaction, [...changed, ...(await insert(transaction, news, texts))], texts)
}

/** By the key of their document. Most changes leave them as they are, and to read them is cheaper than to write them. */
async function readAttributes(
  transaction: Transaction<StoreTables>,
  keys: readonly number[],
  texts: QueryTexts,
): Promise<Map<number, Map<string, string>>> {
  const found = new Map(keys.map((key) => [key, new Map<string, string>()]))
  for (const batch of inBatches(keys)) {
    const rows = await texts.run(transaction, `attributes of ${batch.length}`, batch, () =>
      transaction
        .selectFrom('attribute')
        .select(['document', 'name', 'value'])
        .where('document', 'in', batch),
    )
    for (const { document, name, value } of rows) found.get(document)?.set(name, value)
  }
  return found
}

function isSame(
  found: ReadonlyMap<string, string> | undefined,
  wanted: ReadonlyMap<string, string>,
): boolean {
  if (found?.size !== wanted.size) return false
  for (const [name, value] of wanted) if (found.get(name) !== value) return false
  return true
}

interface Kept {
  readonly key: number
  readonly put: Written
}

async function insert(
  transaction: Transaction<StoreTables>,
  puts: readonly Written[],
  texts: QueryTexts,
): Promise<readonly Kept[]> {
  const kept: Kept[] = []
  for (const batch of inBatches(puts)) {
    const values = batch.map((put) => {
      const { organization, collection, id } = put.change
      return { organization, collection, id, ...contentOf(put) }
    })
    const rows = await texts.run(transaction, `insert ${batch.length}`, values.flatMap(Object.values), () =>
      transaction
        .insertInto('document')
        .values(values)
        .returning(['key', 'organization', 'collection', 'id']),
    )
    const keys = new Map(rows.map(({ key, ...name }) => [nameOf(name), key]))
    for (const put of batch) kept.push({ key: keys.get(nameOf(put.change)) as number, put })
  }
  return kept
}

function contentOf({ change, version }: Written) {
  return { version, expires_at: change.expiresAt ?? null, value: change.json }
}

async function writeAttributes(
  transaction: Transaction<StoreTables>,
  documents: readonly Kept[],
  texts: QueryTexts,
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
  for (const batch of inBatches(rows)) {
    await texts.run(transaction, `attributes ${batch.length}`, batch.flatMap(Object.values), () =>
      transaction.insertInto('attribute').values(batch),
    )
  }
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
