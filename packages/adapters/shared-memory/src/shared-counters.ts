import type { Clock } from '@portcullis/ports/clock/port'
import { decide, type Pace, paceOf, spentTicks } from '@portcullis/ports/counters/gcra'
import {
  type Counters,
  countersFaults,
  type Hold,
  type Limit,
  type Places,
  type Span,
  type Take,
} from '@portcullis/ports/counters/port'
import { type Arrival, packArrival, unpackArrival } from './arrival-word.ts'
import { wordAfter } from './arrival-word-after.ts'
import { keyHasher } from './cell-hash.ts'
import { openHeldPlaces } from './held-places.ts'
import { monotonicClock } from './monotonic-clock.ts'
import type { Hash64 } from './siphash.ts'
import { type Claim, createTableBuffer, GIVEN_AWAY, openTable, type SlotTable } from './slot-table.ts'
import { takeAll } from './take-all.ts'

/**
 * Counters in shared memory, for all threads of one process. They answer at once, without a lock for a key that is
 * there, and admit exactly what the limit allows however many threads ask.
 *
 * Keys are told apart by 64 bits of a keyed hash. Two keys whose hashes meet share one counter: callers of both
 * together get what one was meant to have, and never more. Among a million live keys that happens to some two of them
 * once in 37 million fillings, and nobody can bring it about who does not know the key of the hash.
 */
export interface SharedCounters extends Counters {
  /** Throws `counters.full` when there is no room for another key: its call is not admitted. */
  take(key: string, limit: Limit, cost: number): Take
  takeAll(key: string, limits: readonly (Limit | Span)[], cost: number): readonly Take[]
  hold(key: string, places: Places): Hold
  /** How many keys owe something at the moment; above some 4,000 as a sample has it. */
  used(): number
  /** What another thread needs to use the same counters; can be sent to it or given as its `workerData`. */
  handle(): SharedCountersHandle
}

export interface SharedCountersHandle {
  readonly buffer: SharedArrayBuffer
}

export interface SharedCountersOptions {
  /** How many keys may owe something at the same time. Takes 32 to 64 bytes each. */
  readonly capacity: number
  /** Must tell the same time in every thread. The machine's steady clock when absent. */
  readonly clock?: Clock
}

const MAX_CAPACITY = 2 ** 25

/** New counters. Throws a `RangeError` unless `capacity` is a whole number from 1 to 2²⁵. */
export function openSharedCounters(options: SharedCountersOptions): SharedCounters {
  const { capacity, clock = monotonicClock() } = options
  if (!Number.isSafeInteger(capacity) || capacity < 1 || capacity > MAX_CAPACITY) {
    throw new RangeError(
      `the capacity of counters is a whole number from 1 to ${MAX_CAPACITY}, not ${capacity}`,
    )
  }
  return over(createTableBuffer(capacity), clock)
}

/** The counters that another thread opened. */
export function attachSharedCounters(
  handle: SharedCountersHandle,
  clock: Clock = monotonicClock(),
): SharedCounters {
  return over(handle.buffer, clock)
}

function over(buffer: SharedArrayBuffer, clock: Clock): SharedCounters {
  const table = openTable(buffer)
  const hashKey = keyHasher(table)
  const held = openHeldPlaces(table, hashKey, clock)
  // Made once and used by every take: a thread does one thing at a time.
  const hash: Hash64 = { low: 0, high: 0 }

  return {
    take(key, limit, cost) {
      const pace = paceOf(limit)
      const now = Math.floor(clock.now())
      hashKey(key, hash)
      const slot = table.find(hash)
      const take = slot < 0 ? undefined : takeFrom(table, slot, hash, pace, cost, now)
      return take ?? takeFirst(table, hash, pace, cost, now)
    },
    takeAll(key, limits, cost) {
      hashKey(key, hash)
      return takeAll(table, hash, limits, cost, Math.floor(clock.now()))
    },
    hold: held.hold,
    used: () => table.countAfter(packArrival(Math.floor(clock.now()), 0)),
    handle: () => ({ buffer }),
    async close() {
      held.close()
    },
  }
}

const arrival: Arrival = { millis: 0, fraction: 0 }

/** Takes from the slot of a key; `undefined` when the slot was given to another in the meantime. */
function takeFrom(
  table: SlotTable,
  slot: number,
  hash: Hash64,
  pace: Pace,
  cost: number,
  now: number,
): Take | undefined {
  for (;;) {
    const word = table.read(slot, hash)
    if (word === GIVEN_AWAY) return undefined
    unpackArrival(word, arrival)
    const spent = spentTicks(pace, arrival.millis, arrival.fraction, now)
    const take = decide(pace, spent, cost)
    if (!take.taken || cost === 0) return take
    if (table.exchange(slot, word, wordAfter(pace, spent, cost, now))) return take
  }
}

/** Takes for a key that owes nothing, and finds it a slot. */
function takeFirst(table: SlotTable, hash: Hash64, pace: Pace, cost: number, now: number): Take {
  const take = decide(pace, 0, cost)
  if (!take.taken || cost === 0) return take
  const first = wordAfter(pace, 0, cost, now)
  for (;;) {
    const outcome = settle(table, hash, pace, cost, now, first)
    if (outcome === 'claimed') return take
    if (outcome === 'full') {
      throw countersFaults.full({ internal: `no slot of ${table.slots} is free for another key` })
    }
    if (outcome !== 'lost') return outcome
  }
}

/** Under the lock of its bucket: gives the key a slot with its first word, unless another thread was faster. */
function settle(
  table: SlotTable,
  hash: Hash64,
  pace: Pace,
  cost: number,
  now: number,
  first: bigint,
): Take | Claim {
  const ticket = table.lock(hash)
  try {
    const slot = table.find(hash)
    const take = slot < 0 ? undefined : takeFrom(table, slot, hash, pace, cost, now)
    return take ?? table.claim(hash, ticket, packArrival(now, 0), first)
  } finally {
    table.unlock(hash, ticket)
  }
}
