import { randomFillSync } from 'node:crypto'
import { ALPHABET } from './base32.ts'

const TIME_CHARACTERS = 10
/** Five bits each. */
const RANDOM_CHARACTERS = 16
const CODES = Uint8Array.from(ALPHABET, (letter) => letter.charCodeAt(0))

// One call for many ids: asking the system for randomness is the dear part, and ids are made per request.
const bytes = Buffer.alloc(RANDOM_CHARACTERS * 1024)
let usedBytes = bytes.length
// And one text of which several are pieces, but not more: who keeps an id keeps the text.
const TEXT_CHARACTERS = RANDOM_CHARACTERS * 64
let text = ''
let used = 0

// Many ids of one kind are made within one millisecond.
let begunPrefix = ''
let begunMillis = Number.NaN
let beginning = ''

/**
 * A new id such as `dec_01jd3v9q4m7k2r8w5x6y1z0ab3`: a prefix that names its kind, ten characters of time in
 * milliseconds, so that ids sort by age, and 80 random bits.
 */
export function newId(prefix: string, nowMillis: number): string {
  if (used === text.length) refill()
  if (nowMillis !== begunMillis || prefix !== begunPrefix) {
    beginning = `${prefix}_${writeTime(nowMillis)}`
    begunPrefix = prefix
    begunMillis = nowMillis
  }
  const random = text.slice(used, used + RANDOM_CHARACTERS)
  used += RANDOM_CHARACTERS
  return beginning + random
}

function refill(): void {
  if (usedBytes === bytes.length) {
    randomFillSync(bytes)
    for (let i = 0; i < bytes.length; i++) bytes[i] = CODES[(bytes[i] as number) & 31] as number
    usedBytes = 0
  }
  text = bytes.toString('latin1', usedBytes, usedBytes + TEXT_CHARACTERS)
  usedBytes += TEXT_CHARACTERS
  used = 0
}

function writeTime(millis: number): string {
  let time = ''
  for (let rest = Math.floor(millis), i = 0; i < TIME_CHARACTERS; i++) {
    time = ALPHABET.charAt(rest % 32) + time
    rest = Math.floor(rest / 32)
  }
  return time
}
