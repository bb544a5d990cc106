/**
 * Whole numbers from 0 up, one after the other, as a text that JSON carries as it is: each in digits of five bits, the
 * lowest first, where the last digit is of another alphabet than those before it (as the mappings of source maps are
 * written, ECMA-426 §7.1). Small numbers, as most are, take one character, and to write one takes a tenth of what it
 * takes as JSON.
 */

const DIGIT = 32
/** `0` to `O`: there is more to come. */
const MORE = 0x30
/** `]` to `|`. Neither alphabet has a character that JSON escapes. */
const LAST = 0x5d
/** Of the largest number that is whole for certain. */
const MAX_DIGITS = 11

const decoder = new TextDecoder()

/** Writes numbers into memory of its own, which is used again for the next text. */
export class NumberWriter {
  #bytes = new Uint8Array(4_096)
  #length = 0

  write(number: number): void {
    if (this.#length + MAX_DIGITS > this.#bytes.length) this.#grow()
    const bytes = this.#bytes
    let at = this.#length
    let rest = number
    while (rest >= DIGIT) {
      bytes[at++] = MORE + (rest % DIGIT)
      rest = Math.floor(rest / DIGIT)
    }
    bytes[at++] = LAST + rest
    this.#length = at
  }

  /** What was written, and begins anew. */
  take(): string {
    const text = decoder.decode(this.#bytes.subarray(0, this.#length))
    this.#length = 0
    return text
  }

  #grow(): void {
    const before = this.#bytes
    this.#bytes = new Uint8Array(before.length * 2)
    this.#bytes.set(before)
  }
}

/** Reads what a `NumberWriter` wrote. */
export class NumberReader {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  get isAtEnd(): boolean {
    return this.#at === this.#text.length
  }

  /** Throws a RangeError where there is no number, or none that is whole for certain. */
  read(): number {
    let number = 0
    for (let unit = 1; unit <= Number.MAX_SAFE_INTEGER; unit *= DIGIT) {
      const code = this.#text.charCodeAt(this.#at++)
      const last = code - LAST
      if (last >= 0 && last < DIGIT) return safe(number + last * unit)
      const digit = code - MORE
      if (!(digit >= 0 && digit < DIGIT)) break
      number += digit * unit
    }
    throw new RangeError('there is no number')
  }
}

function safe(number: number): number {
  if (number > Number.MAX_SAFE_INTEGER) throw new RangeError('the number is too large')
  return number
}
