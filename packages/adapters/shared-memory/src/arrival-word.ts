import { FRACTIONS_PER_MILLI } from '@portcullis/ports/counters/gcra'

/**
 * An arrival time as one 64-bit word that threads can exchange: milliseconds above, 20 bits of fraction below. Packed
 * through memory that two views share, because arithmetic on BigInt costs three times as much as the whole take.
 */
export interface Arrival {
  millis: number
  fraction: number
}

const words = new BigInt64Array(1)
const halves = new Uint32Array(words.buffer)
/** The place of the lower half: 0, save on big-endian machines. */
const LOWER = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1 ? 0 : 1
const UPPER = 1 - LOWER
/** Milliseconds to one of the upper half. */
const MILLIS_PER_UPPER = 2 ** 32 / FRACTIONS_PER_MILLI

export function packArrival(millis: number, fraction: number): bigint {
  halves[LOWER] = (millis % MILLIS_PER_UPPER) * FRACTIONS_PER_MILLI + fraction
  halves[UPPER] = Math.floor(millis / MILLIS_PER_UPPER)
  return words[0] as bigint
}

/** Writes the parts of a word into `out`. */
export function unpackArrival(word: bigint, out: Arrival): void {
  words[0] = word
  const lower = halves[LOWER] as number
  out.millis = (halves[UPPER] as number) * MILLIS_PER_UPPER + Math.floor(lower / FRACTIONS_PER_MILLI)
  out.fraction = lower % FRACTIONS_PER_MILLI
}
