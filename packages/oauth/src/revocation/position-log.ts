import { type Collection, idOf, type PositionHead, SYSTEM } from '@portcullis/model/collection'
import { type Change, type Document, put, type Store } from '@portcullis/ports/store/port'

/** A list in the store that gateways follow: entries are written at the next positions, and all read them in that order. */
export interface PositionLog<E extends { readonly position: number }> {
  readonly entries: Collection<E>
  readonly heads: Collection<PositionHead>
}

/** Entries at their positions, and what writes them: to be committed together with whatever belongs to it. */
export interface Numbered<E> {
  readonly entries: readonly E[]
  readonly changes: readonly Change[]
}

/** Committing it conflicts when somebody else has written meanwhile. `expiresAt` says from when on an entry is of no use. */
export async function numberNext<E extends { readonly position: number }>(
  store: Store,
  log: PositionLog<E>,
  news: readonly Omit<E, 'position'>[],
  expiresAt: (entry: E) => number | undefined,
): Promise<Numbered<E>> {
  const head = await readHead(store, log)
  const last = head?.value.position ?? 0
  const entries = news.map((each, i) => ({ ...each, position: last + i + 1 }) as E)
  const next = { position: last + news.length }
  return {
    entries,
    changes: [
      put(log.heads, SYSTEM, HEAD, next, { expect: head?.version ?? 'absent' }),
      ...entries.map((each) => {
        const end = expiresAt(each)
        const options = { expect: 'absent', ...(end !== undefined && { expiresAt: end }) } as const
        return put(log.entries, SYSTEM, idOf.position(each.position), each, options)
      }),
    ],
  }
}

export interface Page<E> {
  /** Everything up to here is known to whoever has this page and those before it. */
  readonly position: number
  readonly entries: readonly E[]
}

/** Those after a position that are still there, in their order, and how far that goes. */
export async function readAfter<E extends { readonly position: number }>(
  store: Store,
  log: PositionLog<E>,
  after: number,
  limit: number,
): Promise<Page<E>> {
  // The head is read first: what is written meanwhile is on the next page.
  const head = await headOf(store, log)
  const found = await store.find(log.entries, SYSTEM, { after: idOf.position(after), limit })
  const entries = found.map(({ value }) => value).filter(({ position }) => position <= head)
  const isLast = found.length < limit
  return { position: isLast ? head : (entries.at(-1)?.position ?? head), entries }
}

/** The position of the newest. */
export async function headOf<E extends { readonly position: number }>(
  store: Store,
  log: PositionLog<E>,
): Promise<number> {
  return (await readHead(store, log))?.value.position ?? 0
}

const HEAD = 'head'

function readHead<E extends { readonly position: number }>(
  store: Store,
  { heads }: PositionLog<E>,
): Promise<Document<PositionHead> | undefined> {
  return store.get(heads, SYSTEM, HEAD)
}
