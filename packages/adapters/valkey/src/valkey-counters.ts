import { randomUUID } from 'node:crypto'
import { decide, paceOf } from '@portcullis/ports/counters/gcra'
import type { Counters, Limit, Span, Take } from '@portcullis/ports/counters/port'
import { checkSpan, decideSpan, isSpan, SPAN_GRACE_MILLIS } from '@portcullis/ports/counters/span'
import type { Connection } from './connection.ts'
import { openHeldPlaces } from './held-places.ts'
import { takeScript } from './script.ts'

export interface ValkeyCountersOptions {
  readonly connection: Connection
  /** What stands before every key; `portcullis` when absent. */
  readonly prefix?: string
  /** For tests: what time it is, in place of the engine's clock. */
  readonly now?: () => number
}

/**
 * Counters in Valkey or Redis, for any number of threads and gateways: exact, as every take is one script that the engine
 * runs as a whole, by its own clock. Takes of one turn of the event loop travel together.
 *
 * An answer that is lost may have been counted: what is counted is never less than what was admitted.
 */
export function openValkeyCounters({
  connection,
  prefix = 'portcullis',
  now,
}: ValkeyCountersOptions): Counters {
  const time = (): string => (now === undefined ? '' : String(Math.floor(now())))
  // A test's clock may stand still for long.
  const outlives = now === undefined ? SPAN_GRACE_MILLIS : 10 * SPAN_GRACE_MILLIS
  const held = openHeldPlaces({ connection, prefix, time, outlives, holder: randomUUID() })

  async function takeAll(
    key: string,
    limits: readonly (Limit | Span)[],
    cost: number,
  ): Promise<readonly Take[]> {
    const judges = limits.map((limit) => judgeOf(limit))
    // What can't be asked is refused before it is.
    for (const judge of judges) judge.take(0, cost)
    const spent = (await connection.run(
      takeScript,
      limits.map((limit, i) => keyOf(prefix, key, limit, i)),
      [time(), cost, outlives, ...judges.flatMap(({ values }) => values)],
    )) as number[]
    const takes = judges.map(({ take }, i) => take(spent[i] as number, cost))
    if (takes.every(({ taken }) => taken)) return takes
    return takes.map((take, i) => (take.taken ? (judges[i] as Judge).take(spent[i] as number, 0) : take))
  }

  return {
    take: async (key, limit, cost) => (await takeAll(key, [limit], cost))[0] as Take,
    takeAll,
    hold: held.hold,
    async close() {
      await held.close()
      await connection.close()
    },
  }
}

/** How a limit is put to the script, and what its answer means. */
interface Judge {
  readonly values: readonly (string | number)[]
  take(spent: number, cost: number): Take
}

function judgeOf(limit: Limit | Span): Judge {
  if (isSpan(limit)) {
    checkSpan(limit)
    return {
      values: ['span', limit.limit, limit.leftMillis, ''],
      take: (spent, cost) => decideSpan(limit, spent, cost),
    }
  }
  const pace = paceOf(limit)
  return {
    values: ['rate', pace.ticksPerMilli, pace.ticksPerUnit, pace.ticksPerBurst],
    take: (spent, cost) => decide(pace, spent, cost),
  }
}

/** All keys of one counter lie together, also where keys are spread over a cluster: what is in braces decides. */
function keyOf(prefix: string, key: string, limit: Limit | Span, place: number): string {
  const base = `${prefix}:{${key}}:${place}`
  return isSpan(limit) ? `${base}:${limit.start}` : base
}
