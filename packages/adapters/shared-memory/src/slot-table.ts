import { randomBytes } from 'node:crypto'
import type { Hash64, SipKey } from './siphash.ts'

/**
 * A hash table in shared memory whose entries pass away by themselves, used by many threads at once.
 *
 * A slot is the 64-bit hash of a key and its word, a moment in time: 0 was never used, a moment that is past
 * owes nothing and may be given to another key. A key lives in one bucket and is looked for from its own
 * place in it.
 *
 * What keeps it right:
 * - Words are changed by compare-and-exchange alone. A slot changes its key only while its word is `GIVEN_AWAY`, and
 *   gets a word then that is later than any it had. So whoever reads the word, then the hash, and then
 *   exchanges that very word, has changed the slot of the key that they meant.
 * - Slots are given to keys under the lock of the bucket, so a key never has two.
 * - A thread that was ended while it held a lock is waited for once; then its lock is taken over.
 */
export interface SlotTable {
  readonly key: SipKey
  readonly slots: number
  /** The slot of a key, or -1. */
  find(hash: Hash64): number
  /** The word of a slot as long as it belongs to this key, else `GIVEN_AWAY`. */
  read(slot: number, hash: Hash64): bigint
  /** Puts `next` in the place of `word` and tells whether that was still the slot's. */
  exchange(slot: number, word: bigint, next: bigint): boolean
  /** Locks the bucket of a key; gives the ticket with which it is unlocked. */
  lock(hash: Hash64): number
  unlock(hash: Hash64, ticket: number): void
  /**
   * Gives a slot whose word is not after `present` to this key, with its first word, which must be. Only under the
   * lock of its bucket; `lost` when that was taken over.
   */
  claim(hash: Hash64, ticket: number, present: bigint, first: bigint): Claim
  /** Shows the slots of the bucket whose hashes are alike in the upper half and in those bits of the lower. */
  forEachAlike(hash: Hash64, lowerBits: number, see: (slot: number, word: bigint) => void): void
  /**
   * How many slots have a word after `present`, as a sample of the buckets has it: hashes spread keys over all of them
   * alike, and to look at every slot would take as long as a thousand calls.
   */
  countAfter(present: bigint): number
  /** A number for whoever holds places, from 1; the same comes again after more than two thousand million. */
  nextHolder(): number
}

export type Claim = 'claimed' | 'full' | 'lost'

export const GIVEN_AWAY = -1n

const MAGIC = 0x50435331
const HEADER_BYTES = 64
const SEED_AT = 4
const BUCKETS_AT = 1
const TICKET_AT = 2
const HOLDER_AT = 3
const SLOT_BYTES = 16
const SLOTS_PER_BUCKET = 128
/** Some 4,000 slots, in a fifth of a millisecond. */
const SAMPLE_BUCKETS = 32
const LOW = 0
const HIGH = 1
/** A lock is held for microseconds; who holds it this long is gone. */
const ABANDONED_AFTER_MILLIS = 1000

/** Memory for a table in which `capacity` keys find a place for certain, as far as hashes spread. */
export function createTableBuffer(capacity: number): SharedArrayBuffer {
  // Half full at capacity: a bucket of 128 expects 64 keys, and to get twice as many is less likely than 1 in 10^11.
  const buckets = 2 ** Math.ceil(Math.log2(Math.max(1, (capacity * 2) / SLOTS_PER_BUCKET)))
  const buffer = new SharedArrayBuffer(bytesOf(buckets))
  const header = new Int32Array(buffer, 0, HEADER_BYTES / 4)
  const seed = randomBytes(16)
  for (let i = 0; i < 4; i++) header[SEED_AT + i] = seed.readInt32LE(i * 4)
  header[BUCKETS_AT] = buckets
  header[TICKET_AT] = 1 // counted up by two, so that no ticket is ever the 0 of an open lock
  header[0] = MAGIC
  return buffer
}

/** Throws a `RangeError` for memory that `createTableBuffer` did not make. */
export function openTable(buffer: SharedArrayBuffer): SlotTable {
  if (buffer.byteLength < HEADER_BYTES) throw new RangeError('this memory holds no counters')
  const header = new Int32Array(buffer, 0, HEADER_BYTES / 4)
  const buckets = header[BUCKETS_AT] as number
  if (header[0] !== MAGIC || buffer.byteLength !== bytesOf(buckets)) {
    throw new RangeError('this memory holds no counters')
  }
  const locks = new Int32Array(buffer, HEADER_BYTES, buckets)
  const slotsAt = HEADER_BYTES + lockBytesOf(buckets)
  const hashes = new Int32Array(buffer, slotsAt)
  const words = new BigInt64Array(buffer, slotsAt)

  const bucketOf = (hash: Hash64): number => hash.high & (buckets - 1)
  /** The slots of a bucket in the order in which a key tries them, from its own place round to it again. */
  const slotOf = (hash: Hash64, step: number): number =>
    bucketOf(hash) * SLOTS_PER_BUCKET + ((hash.low + step) & (SLOTS_PER_BUCKET - 1))
  const holds = (slot: number, hash: Hash64): boolean =>
    Atomics.load(hashes, slot * 4 + LOW) === hash.low && Atomics.load(hashes, slot * 4 + HIGH) === hash.high
  const isVirgin = (slot: number): boolean =>
    Atomics.load(hashes, slot * 4 + LOW) === 0 && Atomics.load(hashes, slot * 4 + HIGH) === 0
  const seed = (i: number): number => header[SEED_AT + i] as number
  const wordAt = (slot: number): number => slot * 2 + 1

  return {
    key: [seed(0), seed(1), seed(2), seed(3)],
    slots: buckets * SLOTS_PER_BUCKET,

    find(hash) {
      for (let step = 0; step < SLOTS_PER_BUCKET; step++) {
        const slot = slotOf(hash, step)
        if (holds(slot, hash)) {
          if (Atomics.load(words, wordAt(slot)) >= 0n) return slot
        } else if (isVirgin(slot)) return -1 // a key takes the first free slot, so it is not beyond
      }
      return -1
    },

    read(slot, hash) {
      const word = Atomics.load(words, wordAt(slot))
      return holds(slot, hash) ? word : GIVEN_AWAY
    },

    exchange: (slot, word, next) => Atomics.compareExchange(words, wordAt(slot), word, next) === word,

    lock(hash) {
      const bucket = bucketOf(hash)
      const ticket = Atomics.add(header, TICKET_AT, 2)
      for (;;) {
        const holder = Atomics.compareExchange(locks, bucket, 0, ticket)
        if (holder === 0) return ticket
        if (Atomics.wait(locks, bucket, holder, ABANDONED_AFTER_MILLIS) !== 'timed-out') continue
        if (Atomics.compareExchange(locks, bucket, holder, ticket) === holder) return ticket
      }
    },

    unlock(hash, ticket) {
      const bucket = bucketOf(hash)
      if (Atomics.compareExchange(locks, bucket, ticket, 0) === ticket) Atomics.notify(locks, bucket, 1)
    },

    claim(hash, ticket, present, first) {
      const bucket = bucketOf(hash)
      for (let step = 0; step < SLOTS_PER_BUCKET; step++) {
        const slot = slotOf(hash, step)
        const word = Atomics.load(words, wordAt(slot))
        if (word > present) continue
        if (Atomics.load(locks, bucket) !== ticket) return 'lost'
        // A word that is GIVEN_AWAY under our lock was left by a thread that was ended right here.
        if (Atomics.compareExchange(words, wordAt(slot), word, GIVEN_AWAY) !== word) continue
        Atomics.store(hashes, slot * 4 + LOW, hash.low)
        Atomics.store(hashes, slot * 4 + HIGH, hash.high)
        Atomics.store(words, wordAt(slot), first)
        return 'claimed'
      }
      return 'full'
    },

    forEachAlike(hash, lowerBits, see) {
      const first = bucketOf(hash) * SLOTS_PER_BUCKET
      for (let slot = first; slot < first + SLOTS_PER_BUCKET; slot++) {
        if (Atomics.load(hashes, slot * 4 + HIGH) !== hash.high) continue
        if ((Atomics.load(hashes, slot * 4 + LOW) & lowerBits) !== (hash.low & lowerBits)) continue
        see(slot, Atomics.load(words, wordAt(slot)))
      }
    },

    countAfter(present) {
      const looked = Math.min(buckets, SAMPLE_BUCKETS)
      let used = 0
      for (let i = 0; i < looked; i++) {
        const first = Math.floor((i * buckets) / looked) * SLOTS_PER_BUCKET
        for (let slot = first; slot < first + SLOTS_PER_BUCKET; slot++) {
          if (Atomics.load(words, wordAt(slot)) > present) used++
        }
      }
      return Math.round((used * buckets) / looked)
    },

    nextHolder: () => Atomics.add(header, HOLDER_AT, 1) + 1,
  }
}

function bytesOf(buckets: number): number {
  return HEADER_BYTES + lockBytesOf(buckets) + buckets * SLOTS_PER_BUCKET * SLOT_BYTES
}

/** Slots begin at a multiple of 16. */
function lockBytesOf(buckets: number): number {
  return Math.ceil((buckets * 4) / 16) * 16
}
