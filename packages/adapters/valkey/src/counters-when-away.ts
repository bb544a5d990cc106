import {
  type Counters,
  countersFaults,
  type Hold,
  type Limit,
  type Places,
  type Span,
  type Take,
} from '@portcullis/ports/counters/port'
import { isSpan } from '@portcullis/ports/counters/span'

export interface CountersWhenAwayOptions {
  readonly shared: Counters
  /** Those of this node alone, shared by its threads. */
  readonly local: Counters
  /** How many nodes there are, as far as is known. */
  readonly nodes: () => number
}

/**
 * Shared counters, and what becomes of each limit while they are away, as it chose. A limit that is then counted by this
 * node alone is kept warm meanwhile: the node counts what it lets through, against its own share, all the time.
 *
 * While they are away, all nodes together admit at most what their shares allow on top of what was admitted before; a
 * share is never less than one unit.
 */
export function openCountersWhenAway({ shared, local, nodes }: CountersWhenAwayOptions): Counters {
  const share = sharesOf()

  async function takeAll(key: string, limits: readonly (Limit | Span)[], cost: number) {
    const [first] = limits
    const whenAway = first?.whenAway ?? 'refuse'
    if (whenAway === 'refuse') return shared.takeAll(key, limits, cost)
    const mine = () => limits.map((limit) => share(limit, nodes()))
    try {
      const takes = await shared.takeAll(key, limits, cost)
      if (whenAway === 'local' && cost > 0 && takes.every(({ taken }) => taken)) {
        await local.takeAll(key, mine(), cost)
      }
      return takes
    } catch (thrown) {
      if (!countersFaults.unavailable.is(thrown)) throw thrown
      if (whenAway === 'allow') return limits.map(allowed)
      const takes = await local.takeAll(key, mine(), cost)
      return takes.map((take): Take => ({ ...take, away: 'local' }))
    }
  }

  async function hold(key: string, places: Places): Promise<Hold> {
    const { whenAway = 'refuse' } = places
    if (whenAway === 'refuse') return shared.hold(key, places)
    try {
      const theirs = await shared.hold(key, places)
      if (whenAway === 'allow' || !theirs.held) return theirs
      const warm = await local.hold(key, { places: Number.MAX_SAFE_INTEGER })
      return {
        ...theirs,
        release() {
          warm.release()
          theirs.release()
        },
      }
    } catch (thrown) {
      if (!countersFaults.unavailable.is(thrown)) throw thrown
      if (whenAway === 'allow') return { held: true, inUse: 0, away: 'allow', release: () => undefined }
      const mine = await local.hold(key, { places: portion(places.places, nodes()) })
      return { ...mine, away: 'local' }
    }
  }

  return {
    take: async (key, limit, cost) => (await takeAll(key, [limit], cost))[0] as Take,
    takeAll,
    hold,
    close: () => shared.close(),
  }
}

function allowed(limit: Limit | Span): Take {
  const remaining = isSpan(limit) ? limit.limit : limit.burst
  return { taken: true, remaining, retryAfterMillis: 0, resetMillis: 0, away: 'allow' }
}

function portion(units: number, nodes: number): number {
  return Math.max(1, Math.floor(units / nodes))
}

/** One of as many shares as there are nodes. Engines compute what a limit means once for each object: it stays the same. */
function sharesOf(): (limit: Limit | Span, nodes: number) => Limit | Span {
  const known = new WeakMap<Limit, { readonly nodes: number; readonly limit: Limit }>()
  return (limit, nodes) => {
    if (isSpan(limit)) return { ...limit, limit: portion(limit.limit, nodes) }
    const before = known.get(limit)
    if (before?.nodes === nodes) return before.limit
    const { limit: units, windowMillis, burst } = limit
    // The rate is divided exactly: the same units come back over a window as many times as long.
    const share = { limit: units, windowMillis: windowMillis * nodes, burst: portion(burst, nodes) }
    known.set(limit, { nodes, limit: share })
    return share
  }
}
