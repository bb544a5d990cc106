import {
  conflictOf,
  isExpected,
  type PreparedChange,
  type PreparedPut,
  type PreparedRemove,
  type PreparedRemoveWhere,
} from '@portcullis/ports/store/prepare'
import type { Transaction } from 'kysely'
import type { StoreTables } from './store-schema.ts'

/** Makes one change of a commit. A fault ends the transaction, and with it all changes before. */
export async function applyChange(
  transaction: Transaction<StoreTables>,
  change: PreparedChange,
  now: number,
): Promise<void> {
  if (change.change === 'remove-where') return removeWhere(transaction, change)
  const row = await rowOf(transaction, change)
  const found =
    row !== undefined && (row.expires_at ?? Number.POSITIVE_INFINITY) > now ? row.version : undefined
  if (!isExpected(change, found)) throw conflictOf(change, found)
  if (change.change === 'put') await write(transaction, change, row?.key, (found ?? 0) + 1)
  else if (row !== undefined) await transaction.deleteFrom('document').where('key', '=', row.key).execute()
}

function rowOf(transaction: Transaction<StoreTables>, change: PreparedPut | PreparedRemove) {
  return transaction
    .selectFrom('document')
    .select(['key', 'version', 'expires_at'])
    .where('organization', '=', change.organization)
    .where('collection', '=', change.collection)
    .where('id', '=', change.id)
    .executeTakeFirst()
}

async function write(
  transaction: Transaction<StoreTables>,
  change: PreparedPut,
  key: number | undefined,
  version: number,
): Promise<void> {
  const { organization, collection, id } = change
  const content = { version, expires_at: change.expiresAt ?? null, value: change.json }
  let document = key
  if (document === undefined) {
    const row = { organization, collection, id, ...content }
    const inserted = transaction.insertInto('document').values(row).returning('key')
    document = (await inserted.executeTakeFirstOrThrow()).key
  } else {
    await transaction.updateTable('document').set(content).where('key', '=', document).execute()
    await transaction.deleteFrom('attribute').where('document', '=', document).execute()
  }
  if (change.attributes.size === 0) return
  const target = { organization, collection, id, document }
  const rows = Array.from(change.attributes, ([name, value]) => ({ ...target, name, value }))
  await transaction.insertInto('attribute').values(rows).execute()
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
