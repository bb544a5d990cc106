import type { Collection } from '@portcullis/model/collection'
import { type Document, MAX_LIMIT, type Query, type Store } from '@portcullis/ports/store/port'

/** Every document that a query finds, however many answers that takes. */
export async function findAll<T>(
  store: Store,
  collection: Collection<T>,
  organization: string,
  query: Omit<Query, 'after' | 'limit'> = {},
): Promise<Document<T>[]> {
  const all: Document<T>[] = []
  for (;;) {
    const after = all.at(-1)?.id
    const page = await store.find(collection, organization, {
      ...query,
      limit: MAX_LIMIT,
      ...(after !== undefined && { after }),
    })
    all.push(...page)
    if (page.length < MAX_LIMIT) return all
  }
}
