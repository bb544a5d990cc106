import { randomFillSync } from 'node:crypto'
import { ALPHABET } from './base32.ts'

/** Every two characters of it, so that ten bits are written at once. */
const PAIRS = Array.from({ length: 1024 }, (_, i) => ALPHABET.charAt(i >> 5) + ALPHABET.charAt(i & 31))
const TIME_PAIRS = 5
const RANDOM_PAIRS = 8

// One call for many ids: asking the system for randomness is the dear part, and ids are made per request.
const pool = new Uint16Array(RANDOM_PAIRS * 256)
let used = pool.length

// Many ids are made within one millisecond.
let writtenMillis = Number.NaN
let writtenTime = ''

/**
 * A new id such as `dec_01jd3v9q4m7k2r8w5x6y1z0ab3`: a prefix that names its kind, ten characters of time in
 * milliseconds, so that ids sort by age, and 80 random bits.
 */
export function newId(prefix: string, nowMillis: number): string {
  if (used === pool.length) {
    randomFillSync(pool)
    used = 0
  }
  if (nowMillis !== writtenMillis) {
    writtenTime = writeTime(nowMillis)
    writtenMillis = nowMillis
  }
  let id = `${prefix}_${writtenTime}`
  for (const end = used + RANDOM_PAIRS; used < end; used++) id += PAIRS[(pool[used] as number) & 1023]
  return id
}

function writeTime(millis: number): string {
  let time = ''
  for (let rest = Math.floor(millis), i = 0; i < TIME_PAIRS; i++) {
    time = PAIRS[rest % 1024] + time
    rest = Math.floor(rest / 1024)
  }
  return time
}
