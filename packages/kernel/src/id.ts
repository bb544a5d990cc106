import { randomFillSync } from 'node:crypto'

/** Crockford's base 32: no I, L, O or U, so that an id read aloud is written down right. */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'
const RANDOM_CHARACTERS = 16

// One call for many ids: asking the system for randomness is the dear part, and ids are made per request.
const pool = new Uint8Array(RANDOM_CHARACTERS * 256)
let used = pool.length

/**
 * A new id such as `dec_01jd3v9q4m7k2r8w5x6y1z0ab3`: a prefix that names its kind, ten characters of time in
 * milliseconds, so that ids sort by age, and 80 random bits.
 */
export function newId(prefix: string, nowMillis: number): string {
  if (used === pool.length) {
    randomFillSync(pool)
    used = 0
  }
  let time = ''
  for (let rest = nowMillis, i = 0; i < 10; i++) {
    time = ALPHABET.charAt(rest % 32) + time
    rest = Math.floor(rest / 32)
  }
  let random = ''
  for (let i = 0; i < RANDOM_CHARACTERS; i++) random += ALPHABET.charAt((pool[used++] as number) & 31)
  return `${prefix}_${time}${random}`
}
