import type { Clock } from '../clock/port.ts'
import type { FetchedToken, FetchToken, Tokens } from './port.ts'

export interface MemoryTokensOptions {
  readonly clock: Clock
  /** From 0 to below 1. */
  readonly random?: () => number
  /** How many keys have a token at the same time. */
  readonly capacity?: number
}

interface Entry {
  kept: FetchedToken | undefined
  pending: Promise<FetchedToken> | undefined
  /** From when on another is fetched aside. */
  refreshAt: number
  failure: { readonly thrown: unknown; readonly until: number } | undefined
  droppedAt: number
}

const FAILURE_COUNTS_MILLIS = 1_000
const REFRESH_PAUSE_MILLIS = 1_000
const DROP_PAUSE_MILLIS = 5_000
/** A token is on its way for a while, and clocks differ. */
const MAX_MARGIN_MILLIS = 5_000

/** Keeps tokens in this thread. */
export function openMemoryTokens(options: MemoryTokensOptions): Tokens {
  const { clock, random = Math.random, capacity = 10_000 } = options
  const entries = new Map<string, Entry>()

  function start(key: string, entry: Entry, fetch: FetchToken): Promise<FetchedToken> {
    const pending = fetch()
      .then(
        (fetched) => keep(entry, fetched),
        (thrown: unknown) => {
          entry.failure = { thrown, until: clock.now() + FAILURE_COUNTS_MILLIS }
          entry.refreshAt = clock.now() + REFRESH_PAUSE_MILLIS
          throw thrown
        },
      )
      .finally(() => {
        entry.pending = undefined
      })
    entry.pending = pending
    // What was fetched last is forgotten last.
    entries.delete(key)
    entries.set(key, entry)
    if (entries.size > capacity) forgetOldest()
    return pending
  }

  function keep(entry: Entry, fetched: FetchedToken): FetchedToken {
    const { fetchedAt, expiresAt } = fetched
    entry.kept = fetched
    entry.failure = undefined
    // Whoever fetches from others who keep tokens may get one that is old already.
    const due = fetchedAt + (expiresAt - fetchedAt) * (0.7 + 0.15 * random())
    entry.refreshAt = Math.max(due, clock.now() + REFRESH_PAUSE_MILLIS)
    return fetched
  }

  function forgetOldest(): void {
    for (const [key, { pending }] of entries) {
      if (pending !== undefined) continue
      entries.delete(key)
      return
    }
  }

  return {
    get(key, fetch) {
      const now = clock.now()
      const entry = entries.get(key) ?? newEntry()
      const { kept, pending, failure } = entry
      if (kept !== undefined && now < endOf(kept)) {
        // Who asks aside need not hear of a failure: it is told when the old token is over.
        if (now >= entry.refreshAt && pending === undefined) start(key, entry, fetch).catch(() => undefined)
        return kept
      }
      if (pending !== undefined) return pending
      if (failure !== undefined && now < failure.until) return Promise.reject(failure.thrown)
      return start(key, entry, fetch)
    },
    drop(key, dropped) {
      const entry = entries.get(key)
      if (entry?.kept === undefined || !entry.kept.token.equals(dropped.token)) return true
      const now = clock.now()
      if (now - entry.droppedAt < DROP_PAUSE_MILLIS) return false
      entry.droppedAt = now
      entry.kept = undefined
      return true
    },
  }
}

function newEntry(): Entry {
  return {
    kept: undefined,
    pending: undefined,
    refreshAt: 0,
    failure: undefined,
    droppedAt: Number.NEGATIVE_INFINITY,
  }
}

function endOf({ fetchedAt, expiresAt }: FetchedToken): number {
  return expiresAt - Math.min(MAX_MARGIN_MILLIS, (expiresAt - fetchedAt) / 10)
}
