import { type Hash64, sipHash } from './siphash.ts'
import type { SlotTable } from './slot-table.ts'

/** Writes the hash of a key's text into `out`. */
export type KeyHasher = (text: string, out: Hash64) => void

/**
 * All that is counted under one key lies in one bucket, so that one lock does for it: the upper half of the hash, which
 * chooses the bucket, is the key's own, and the lower half is changed by what it is.
 */
export function keyHasher({ key }: SlotTable): KeyHasher {
  // The same few callers come again and again: to find a text takes a fifth of the time that it takes to hash it.
  const known = new Map<string, Hash64>()
  return (text, out) => {
    let hash = known.get(text)
    if (hash === undefined) {
      hash = { low: 0, high: 0 }
      sipHash(key, text, hash)
      avoidZero(hash)
      if (known.size >= MAX_KNOWN) known.clear()
      known.set(text, hash)
    }
    out.low = hash.low
    out.high = hash.high
  }
}

/** Whoever makes up keys makes us forget those of others, which costs them a hash. */
const MAX_KNOWN = 4_096

/** The cell of a limit of a key, by its place among them; the first is that of the key itself. */
export function hashOfLimit(key: Hash64, place: number, out: Hash64): void {
  out.high = key.high
  out.low = key.low ^ Math.imul(place, 0x9e3779b1)
  avoidZero(out)
}

/** The cell of a span: every span of a limit has one of its own. */
export function hashOfSpan(key: Hash64, place: number, startMillis: number, out: Hash64): void {
  out.high = key.high
  const start =
    Math.imul(startMillis | 0, 0x85ebca6b) ^ Math.imul(Math.floor(startMillis / 2 ** 32), 0xc2b2ae35)
  out.low = key.low ^ Math.imul(place, 0x9e3779b1) ^ start ^ 0x5bd1e995
  avoidZero(out)
}

const HOLDERS = 2 ** 10
const OF_HOLDER = HOLDERS - 1
/** The bits of the lower half that all holders of places of a key have in common. */
export const OF_KEY = ~OF_HOLDER

/** The cell in which a holder counts the places of a key that it holds. Holders are numbered from 1. */
export function hashOfHolder(key: Hash64, holder: number, out: Hash64): void {
  out.high = key.high
  out.low = ((key.low ^ 0x27d4eb2f) & OF_KEY) | (holder & OF_HOLDER)
  avoidZero(out)
}

/** A slot that was never used has the hash 0. */
function avoidZero(hash: Hash64): void {
  if (hash.low === 0 && hash.high === 0) hash.low = 1
}
