import type { AddressListView } from '@portcullis/api-client/route/address-list'
import { Duration } from '@portcullis/kernel/duration'
import { type FetchedList, fetchedLists, resources } from '@portcullis/model/collection'
import type { AddressListSource } from '@portcullis/model/resource/address-list'
import type { ResourceOf } from '@portcullis/model/resource/resource'
import type { Clock } from '@portcullis/ports/clock/port'
import type { Log } from '@portcullis/ports/log/port'
import { put, type Store } from '@portcullis/ports/store/port'
import { findAll } from '../state/find-all.ts'
import { listOrganizations } from '../state/load-state.ts'
import { type Fetch, fetchList } from './fetch-list.ts'

export interface FetchedListsParts {
  readonly store: Store
  readonly clock: Clock
  readonly log: Log
  readonly get: Fetch
  /** Publishes what changed for an organization. */
  readonly publish: (organization: string) => Promise<unknown>
}

/** The address lists that others keep, fetched when they are due. */
export interface FetchedLists {
  /** Fetches those that are due; resolves when what changed is published. Never rejects. */
  look(): Promise<void>
  list(organization: string): Promise<AddressListView[]>
  close(): Promise<void>
}

type SourcedList = ResourceOf<'AddressList'> & { readonly spec: { readonly source: AddressListSource } }

const LOOK_MILLIS = 10_000
/** After a failure sooner than usual, if that is late. */
const RETRY_MILLIS = 60_000

export function openFetchedLists(parts: FetchedListsParts): FetchedLists {
  const { store, clock, log, publish } = parts
  let looking: Promise<void> | undefined

  async function lookNow(): Promise<void> {
    for (const organization of await listOrganizations(store)) {
      let isChanged = false
      for (const list of await sourced(store, organization)) {
        if (await fetchIfDue(parts, list)) isChanged = true
      }
      if (isChanged) await publish(organization)
    }
  }

  const look = (): Promise<void> => {
    looking ??= lookNow()
      .catch((error: unknown) => log.error('address lists could not be fetched', { error }))
      .finally(() => {
        looking = undefined
      })
    return looking
  }
  const timer = setInterval(() => void look(), LOOK_MILLIS).unref()

  return {
    look,
    async list(organization) {
      const now = clock.now()
      const lists = await sourced(store, organization)
      return Promise.all(
        lists.map(async ({ name, spec: { source } }) => {
          const known = fetchedFrom(source, (await store.get(fetchedLists, organization, name))?.value)
          return {
            name,
            url: source.url,
            isStale: isStale(source, known, now),
            ...(known?.fetchedAt !== undefined && {
              entries: known.entries.length,
              fetchedAt: new Date(known.fetchedAt).toISOString(),
            }),
            ...(known?.failure !== undefined && { failure: known.failure }),
          }
        }),
      )
    },
    async close() {
      clearInterval(timer)
      await looking
    },
  }
}

async function sourced(store: Store, organization: string): Promise<SourcedList[]> {
  const where = { attribute: 'kind', equals: 'AddressList' }
  const found = await findAll(store, resources, organization, { where })
  return found.flatMap(({ value }) =>
    value.kind === 'AddressList' && value.spec.source !== undefined ? [value as SourcedList] : [],
  )
}

/** Whether other entries count now. */
async function fetchIfDue(
  { store, clock, log, get }: FetchedListsParts,
  { organization, name, spec: { source } }: SourcedList,
): Promise<boolean> {
  const known = fetchedFrom(source, (await store.get(fetchedLists, organization, name))?.value)
  const now = clock.now()
  if (known !== undefined && now < known.triedAt + pauseOf(source, known)) return false
  const before = known ?? { url: source.url, entries: [], triedAt: now }
  const keep = (value: FetchedList) => store.commit([put(fetchedLists, organization, name, value)])
  try {
    const fetched = await fetchList(source.url, known?.tag, get)
    const { failure: _, ...rest } = before
    if (fetched === undefined) {
      await keep({ ...rest, triedAt: now, fetchedAt: now })
      return false
    }
    const { entries, tag } = fetched
    await keep({
      url: source.url,
      entries: [...entries],
      triedAt: now,
      fetchedAt: now,
      ...(tag !== undefined && { tag }),
    })
    return entries.join() !== before.entries.join() || before.fetchedAt === undefined
  } catch (thrown) {
    const failure = (thrown instanceof Error ? thrown.message : String(thrown)).slice(0, 300)
    await keep({ ...before, triedAt: now, failure })
    log.warn('an address list could not be fetched; the last good one counts', {
      ...{ organization, list: name, url: source.url, failure, isStale: isStale(source, known, now) },
      entries: before.entries.length,
    })
    return false
  }
}

function pauseOf({ every }: AddressListSource, { failure }: FetchedList): number {
  const { milliseconds } = Duration.parse(every)
  return failure === undefined ? milliseconds : Math.min(milliseconds, RETRY_MILLIS)
}

/** What was fetched from elsewhere is not this list. */
export function fetchedFrom(
  { url }: AddressListSource,
  fetched: FetchedList | undefined,
): FetchedList | undefined {
  return fetched?.url === url ? fetched : undefined
}

/** Also one that was never fetched. */
export function isStale(
  { staleAfter }: AddressListSource,
  fetched: FetchedList | undefined,
  now: number,
): boolean {
  return fetched?.fetchedAt === undefined || now - fetched.fetchedAt > Duration.parse(staleAfter).milliseconds
}

/** What was fetched for some organizations, by the name of the list with its organization before it. */
export async function loadFetchedLists(
  store: Store,
  organizations: ReadonlySet<string>,
): Promise<ReadonlyMap<string, FetchedList>> {
  const loaded = new Map<string, FetchedList>()
  for (const organization of organizations) {
    for (const { id, value } of await findAll(store, fetchedLists, organization)) {
      loaded.set(`${organization}/${id}`, value)
    }
  }
  return loaded
}
