import type { Clock } from '../clock/port.ts'
import { arrivalFraction, arrivalMillis, decide, paceOf, spentAfter, spentTicks } from './gcra.ts'
import { type Counters, countersFaults, type Hold, type Limit, type Span, type Take } from './port.ts'
import { checkSpan, decideSpan, isSpan, SPAN_GRACE_MILLIS } from './span.ts'

/** What is remembered of one limit of a key: when it owes nothing any more, and its count. */
interface Cell {
  readonly untilMillis: number
  /** Of a rate the fraction of a millisecond; of a span the units. */
  readonly count: number
}

const NOTHING: Cell = { untilMillis: 0, count: 0 }

/** What a limit says about a cost, and what is remembered once it is taken. */
interface Judged {
  readonly take: Take
  readonly look: () => Take
  readonly after: () => Cell
}

/** Counters of one thread, for tests and for what runs in one thread alone. Holds at most `capacity` keys that owe anything. */
export function openMemoryCounters(clock: Clock, capacity = 100_000): Counters {
  const cells = new Map<string, Cell>()
  const inUse = new Map<string, number>()

  const makeRoom = (nowMillis: number): void => {
    for (const [key, cell] of cells) if (cell.untilMillis < nowMillis) cells.delete(key)
    if (cells.size >= capacity) throw countersFaults.full({ internal: `all ${capacity} counters are in use` })
  }

  function takeAll(key: string, limits: readonly (Limit | Span)[], cost: number): readonly Take[] {
    const now = Math.floor(clock.now())
    const names = limits.map((limit, i) => nameOf(key, limit, i))
    const judged = limits.map((limit, i) => judge(limit, cells.get(names[i] as string) ?? NOTHING, now, cost))
    if (judged.some(({ take }) => !take.taken)) {
      return judged.map(({ take, look }) => (take.taken ? look() : take))
    }
    if (cost > 0) {
      for (const [i, { after }] of judged.entries()) {
        const name = names[i] as string
        if (cells.size >= capacity && !cells.has(name)) makeRoom(now)
        cells.set(name, after())
      }
    }
    return judged.map(({ take }) => take)
  }

  return {
    take: (key, limit, cost) => takeAll(key, [limit], cost)[0] as Take,
    takeAll,
    hold(key, { places }): Hold {
      const before = inUse.get(key) ?? 0
      if (before >= places) return { held: false, inUse: before, release: () => undefined }
      inUse.set(key, before + 1)
      let isHeld = true
      return {
        held: true,
        inUse: before + 1,
        release() {
          if (!isHeld) return
          isHeld = false
          const left = (inUse.get(key) ?? 1) - 1
          if (left === 0) inUse.delete(key)
          else inUse.set(key, left)
        },
      }
    },
    close: () => Promise.resolve(),
  }
}

function nameOf(key: string, limit: Limit | Span, place: number): string {
  return isSpan(limit) ? `${place}@${limit.start}:${key}` : `${place}:${key}`
}

function judge(limit: Limit | Span, cell: Cell, now: number, cost: number): Judged {
  if (isSpan(limit)) {
    checkSpan(limit)
    const counted = cell.untilMillis > now ? cell.count : 0
    const untilMillis = now + limit.leftMillis + SPAN_GRACE_MILLIS
    return {
      take: decideSpan(limit, counted, cost),
      look: () => decideSpan(limit, counted, 0),
      after: () => ({ untilMillis, count: counted + cost }),
    }
  }
  const pace = paceOf(limit)
  const spent = spentTicks(pace, cell.untilMillis, cell.count, now)
  return {
    take: decide(pace, spent, cost),
    look: () => decide(pace, spent, 0),
    after() {
      const ticks = spentAfter(pace, spent, cost)
      return { untilMillis: arrivalMillis(pace, ticks, now), count: arrivalFraction(pace, ticks) }
    },
  }
}
