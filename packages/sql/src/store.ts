import type { Collection } from '@portcullis/model/collection'
import type { Clock } from '@portcullis/ports/clock/port'
import { prefixEnd } from '@portcullis/ports/store/code-point-order'
import type { Change, Document, Query, Store } from '@portcullis/ports/store/port'
import { isPossibleKey, prepareChanges, prepareQuery } from '@portcullis/ports/store/prepare'
import { readDocument } from '@portcullis/ports/store/read-document'
import { type Kysely, sql } from 'kysely'
import { CommitsTogether, type MakeCommits } from './commits-together.ts'
import { type Connection, SWEEP_BATCH } from './connection.ts'
import { QueryTexts } from './query-texts.ts'
import { type Asked, type Found, ReadDocuments } from './read-documents.ts'
import { applyChanges, applyCommits, type Judging } from './store-change.ts'
import type { StoreTables } from './store-tables.ts'

/** The store in the tables of an engine, whose texts compare in code-point order. */
export class SqlStore implements Store {
  readonly #connection: Connection<StoreTables>
  readonly #clock: Clock
  readonly #texts = new QueryTexts()
  /** Where nobody else writes: what is known of the documents, and how they are changed. */
  readonly #alone: { readonly read: ReadDocuments; readonly commits: CommitsTogether } | undefined

  constructor(connection: Connection<StoreTables>, clock: Clock) {
    this.#connection = connection
    this.#clock = clock
    if (connection.isShared) return
    const make: MakeCommits = (commits) =>
      connection.transact((transaction) => applyCommits(transaction, commits, this.#judging()))
    this.#alone = { read: new ReadDocuments(), commits: new CommitsTogether(make) }
  }

  get<T>(collection: Collection<T>, organization: string, id: string): Promise<Document<T> | undefined> {
    const now = this.#clock.now()
    const known = this.#alone?.read.known(organization, collection.name, { id }, now)
    if (known !== undefined) return Promise.resolve(known[0] as Document<T> | undefined)
    return this.#connection.ask(async (tables) => {
      if (!isPossibleKey(collection, organization, id)) return undefined
      const [document] = await this.#reading(organization, collection.name, { id }, () =>
        this.#texts.run(tables, 'get', [organization, collection.name, id, now], () =>
          tables
            .selectFrom('document')
            .select(['id', 'version', 'expires_at', 'value'])
            .where('organization', '=', organization)
            .where('collection', '=', collection.name)
            .where('id', '=', id)
            .where(isAlive(now)),
        ),
      )
      return document as Document<T> | undefined
    })
  }

  find<T>(
    collection: Collection<T>,
    organization: string,
    query: Query = {},
  ): Promise<readonly Document<T>[]> {
    const now = this.#clock.now()
    const asked = { query: textOf(query) }
    const known = this.#alone?.read.known(organization, collection.name, asked, now)
    if (known !== undefined) return Promise.resolve(known as readonly Document<T>[])
    return this.#connection.ask(async (tables) => {
      const prepared = prepareQuery(collection, organization, query)
      if (prepared === undefined) return []
      const documents = await this.#reading(organization, collection.name, asked, () =>
        select(tables, collection.name, organization, prepared, now).execute(),
      )
      return documents as readonly Document<T>[]
    })
  }

  async #reading(
    organization: string,
    collection: string,
    asked: Asked,
    read: () => Promise<readonly Row[]>,
  ): Promise<readonly Document<unknown>[]> {
    if (this.#alone === undefined) return foundIn(await read()).documents
    return this.#alone.read.reading(organization, collection, asked, async () => foundIn(await read()))
  }

  async commit(changes: readonly Change[]): Promise<void> {
    const prepared = prepareChanges(changes)
    if (this.#alone === undefined) {
      return this.#connection.transact((transaction) => applyChanges(transaction, prepared, this.#judging()))
    }
    const { read, commits } = this.#alone
    return read.changing(prepared, () => commits.commit(prepared))
  }

  #judging(): Judging {
    return { now: this.#clock.now(), isShared: this.#connection.isShared, texts: this.#texts }
  }

  async sweep(): Promise<number> {
    const now = this.#clock.now()
    return this.#connection.sweep((tables) =>
      tables
        .deleteFrom('document')
        .where('key', 'in', (from) =>
          from.selectFrom('document').select('key').where('expires_at', '<=', now).limit(SWEEP_BATCH),
        )
        .executeTakeFirstOrThrow(),
    )
  }

  async close(): Promise<void> {
    this.#alone?.read.close()
    await this.#alone?.commits.settle()
    await this.#connection.close()
  }
}

/** Goes through the table that is in the wished order: the attributes where one is asked for. */
function select(
  tables: Kysely<StoreTables>,
  collection: string,
  organization: string,
  query: Query & { readonly limit: number },
  now: number,
) {
  const { where, prefix, after, limit } = query
  const column = (name: string) =>
    sql.ref<string>(`${where === undefined ? 'document' : 'attribute'}.${name}`)
  let rows = tables
    .selectFrom('document')
    .select(['document.id', 'document.version', 'document.expires_at', 'document.value'])
    .where(column('organization'), '=', organization)
    .where(column('collection'), '=', collection)
    .where(isAlive(now))
    .orderBy(column('id'))
    .limit(limit)
  if (where !== undefined) {
    // `$if`, because a join would change the type of the query, though not that of its rows.
    rows = rows.$if(true, (documents) =>
      documents
        .innerJoin('attribute', 'attribute.document', 'document.key')
        .where('attribute.name', '=', where.attribute)
        .where('attribute.value', '=', where.equals),
    )
  }
  if (prefix !== undefined) {
    const end = prefixEnd(prefix)
    rows = rows.where(column('id'), '>=', prefix)
    if (end !== undefined) rows = rows.where(column('id'), '<', end)
  }
  return after === undefined ? rows : rows.where(column('id'), '>', after)
}

function isAlive(now: number) {
  return sql<boolean>`(document.expires_at is null or document.expires_at > ${now})`
}

interface Row {
  readonly id: string
  readonly version: number
  readonly expires_at: number | null
  readonly value: string
}

function foundIn(rows: readonly Row[]): Found {
  const documents = rows.map((row) =>
    readDocument(row.id, row.version, row.value, row.expires_at ?? undefined),
  )
  const characters = rows.reduce((sum, { value }) => sum + value.length, 0)
  return { documents: Object.freeze(documents), characters }
}

/** The same for the same question, in whichever order it was written down. */
function textOf({ where, prefix, after, limit }: Query): string {
  return JSON.stringify([where?.attribute, where?.equals, prefix, after, String(limit)])
}
