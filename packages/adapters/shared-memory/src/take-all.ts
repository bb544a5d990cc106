import { decide, paceOf, spentTicks } from '@portcullis/ports/counters/gcra'
import { countersFaults, type Limit, type Span, type Take } from '@portcullis/ports/counters/port'
import { checkSpan, decideSpan, isSpan, SPAN_GRACE_MILLIS } from '@portcullis/ports/counters/span'
import { type Arrival, packArrival, unpackArrival } from './arrival-word.ts'
import { wordAfter } from './arrival-word-after.ts'
import { hashOfLimit, hashOfSpan } from './cell-hash.ts'
import { type Count, packCount, unpackCount } from './count-word.ts'
import type { Hash64 } from './siphash.ts'
import { GIVEN_AWAY, type SlotTable } from './slot-table.ts'

const NEVER = 0n

const cell: Hash64 = { low: 0, high: 0 }
const arrival: Arrival = { millis: 0, fraction: 0 }
const count: Count = { untilMillis: 0, count: 0 }

/** What was seen of one limit: where it is counted, and what was in it. */
interface Seen {
  readonly limit: Limit | Span
  readonly place: number
  readonly slot: number
  readonly word: bigint
  readonly take: Take
}

/**
 * Takes from several limits of a key or from none, under the lock of its bucket: nobody who takes under the same lock sees
 * some taken and others not. A thread that is ended in between has taken from some, and admitted nobody.
 */
export function takeAll(
  table: SlotTable,
  key: Hash64,
  limits: readonly (Limit | Span)[],
  cost: number,
  now: number,
): readonly Take[] {
  const ticket = table.lock(key)
  try {
    const seen = limits.map((limit, place) => look(table, key, limit, place, cost, now))
    if (seen.some(({ take }) => !take.taken)) {
      return seen.map((each) => (each.take.taken ? takeOf(each.limit, each.word, 0, now) : each.take))
    }
    return cost === 0 ? seen.map(({ take }) => take) : takeEach(table, key, ticket, seen, cost, now)
  } finally {
    table.unlock(key, ticket)
  }
}

/** Each has room, unless somebody took from the first by itself meanwhile, which needs no lock. */
function takeEach(
  table: SlotTable,
  key: Hash64,
  ticket: number,
  seen: readonly Seen[],
  cost: number,
  now: number,
): readonly Take[] {
  return seen.map((first) => {
    for (let each = first; ; each = look(table, key, each.limit, each.place, cost, now)) {
      if (!each.take.taken || write(table, key, ticket, each, cost, now)) return each.take
    }
  })
}

function look(
  table: SlotTable,
  key: Hash64,
  limit: Limit | Span,
  place: number,
  cost: number,
  now: number,
): Seen {
  hashCell(key, limit, place)
  const slot = table.find(cell)
  const read = slot < 0 ? GIVEN_AWAY : table.read(slot, cell)
  const word = read === GIVEN_AWAY ? NEVER : read
  return {
    limit,
    place,
    slot: read === GIVEN_AWAY ? -1 : slot,
    word,
    take: takeOf(limit, word, cost, now),
  }
}

function write(
  table: SlotTable,
  key: Hash64,
  ticket: number,
  { limit, place, slot, word }: Seen,
  cost: number,
  now: number,
): boolean {
  const next = nextWord(limit, word, cost, now)
  if (slot >= 0) return table.exchange(slot, word, next)
  hashCell(key, limit, place)
  const claim = table.claim(cell, ticket, packArrival(now, 0), next)
  if (claim === 'claimed') return true
  const internal = claim === 'full' ? `no slot of ${table.slots} is free` : 'the lock was taken over'
  throw countersFaults.full({ internal })
}

function hashCell(key: Hash64, limit: Limit | Span, place: number): void {
  if (isSpan(limit)) hashOfSpan(key, place, limit.start, cell)
  else hashOfLimit(key, place, cell)
}

function takeOf(limit: Limit | Span, word: bigint, cost: number, now: number): Take {
  if (!isSpan(limit)) return decide(paceOf(limit), spentOf(limit, word, now), cost)
  checkSpan(limit)
  return decideSpan(limit, countOf(word, now), cost)
}

function nextWord(limit: Limit | Span, word: bigint, cost: number, now: number): bigint {
  if (!isSpan(limit)) return wordAfter(paceOf(limit), spentOf(limit, word, now), cost, now)
  return packCount(untilOf(limit, word, now), countOf(word, now) + cost)
}

function spentOf(limit: Limit, word: bigint, now: number): number {
  unpackArrival(word, arrival)
  return spentTicks(paceOf(limit), arrival.millis, arrival.fraction, now)
}

function countOf(word: bigint, now: number): number {
  unpackCount(word, count)
  return count.untilMillis > now ? count.count : 0
}

/** As it was first said: a word is never followed by an earlier one. */
function untilOf(span: Span, word: bigint, now: number): number {
  unpackCount(word, count)
  return count.untilMillis > now ? count.untilMillis : now + span.leftMillis + SPAN_GRACE_MILLIS
}
