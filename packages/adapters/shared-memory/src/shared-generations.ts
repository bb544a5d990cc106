import { randomFillSync } from 'node:crypto'
import type { Generations } from '@portcullis/ports/generations/port'
import { type Hash64, type SipKey, sipHash } from './siphash.ts'

/** Generations in shared memory, for all threads of one process. */
export interface SharedGenerations extends Generations {
  /** What another thread needs to use the same ones. */
  handle(): SharedGenerationsHandle
}

export interface SharedGenerationsHandle {
  readonly buffer: SharedArrayBuffer
}

/** 256 KiB: two of a thousand live places share a count as good as never, and then one reply is fetched again. */
const SLOTS = 65_536
const KEY_WORDS = 4

export function openSharedGenerations(): SharedGenerations {
  const buffer = new SharedArrayBuffer((KEY_WORDS + SLOTS) * Uint32Array.BYTES_PER_ELEMENT)
  // The generator fills no shared memory.
  new Uint32Array(buffer, 0, KEY_WORDS).set(randomFillSync(new Uint32Array(KEY_WORDS)))
  return over(buffer)
}

/** The generations that another thread opened. */
export function attachSharedGenerations({ buffer }: SharedGenerationsHandle): SharedGenerations {
  return over(buffer)
}

function over(buffer: SharedArrayBuffer): SharedGenerations {
  const key = [...new Uint32Array(buffer, 0, KEY_WORDS)] as unknown as SipKey
  const counts = new Uint32Array(buffer, KEY_WORDS * Uint32Array.BYTES_PER_ELEMENT)
  const hash: Hash64 = { low: 0, high: 0 }
  const slotOf = (place: string): number => {
    sipHash(key, place, hash)
    return (hash.low >>> 0) % SLOTS
  }
  return {
    of: (place) => Atomics.load(counts, slotOf(place)),
    bump(place) {
      Atomics.add(counts, slotOf(place), 1)
    },
    handle: () => ({ buffer }),
  }
}
