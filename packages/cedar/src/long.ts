/**
 * A Cedar Long: a whole number of 64 bits with sign. As a JavaScript number while that is exact (up to 2^53 − 1
 * either way), as a bigint beyond, never the other way round: so equal Longs are `===`, and the usual sum costs no
 * bigint.
 */
export type Long = number | bigint

export const LONG_MAX = 2n ** 63n - 1n
export const LONG_MIN = -(2n ** 63n)

/** The one form of a whole number, or undefined where 64 bits don't hold it. */
export function longOf(value: bigint): Long | undefined {
  if (value < LONG_MIN || value > LONG_MAX) return undefined
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value
}

/** Reads digits with an optional minus; undefined for anything else and where 64 bits don't hold it. */
export function parseLong(text: string): Long | undefined {
  if (text.length > 64 || !/^-?[0-9]+$/.test(text)) return undefined
  return longOf(BigInt(text))
}

/** Undefined where the sum does not fit into 64 bits. */
export function addLongs(a: Long, b: Long): Long | undefined {
  if (typeof a === 'number' && typeof b === 'number') {
    // A sum beyond 2^53 may be rounded, but never back below it.
    const sum = a + b
    if (Number.isSafeInteger(sum)) return sum
  }
  return longOf(BigInt(a) + BigInt(b))
}

/** Undefined where the difference does not fit into 64 bits. */
export function subtractLongs(a: Long, b: Long): Long | undefined {
  if (typeof a === 'number' && typeof b === 'number') {
    const difference = a - b
    if (Number.isSafeInteger(difference)) return difference
  }
  return longOf(BigInt(a) - BigInt(b))
}

/** Undefined where the product does not fit into 64 bits. */
export function multiplyLongs(a: Long, b: Long): Long | undefined {
  if (typeof a === 'number' && typeof b === 'number') {
    const product = a * b
    if (Number.isSafeInteger(product)) return product + 0
  }
  return longOf(BigInt(a) * BigInt(b))
}

/** Undefined for the least Long, whose opposite does not fit. */
export function negateLong(a: Long): Long | undefined {
  return subtractLongs(0, a)
}

/** Quotient without its fraction, towards zero. */
export function divideLong(a: Long, divisor: number): Long {
  // Without its remainder first: the division of large numbers may round up to the next whole one.
  if (typeof a === 'number') return (a - (a % divisor)) / divisor + 0
  const quotient = a / BigInt(divisor)
  return longOf(quotient) ?? quotient
}

/** The remainder that is never negative; the divisor is a positive safe integer. */
export function remainderOfLong(a: Long, divisor: number): number {
  const remainder = typeof a === 'number' ? a % divisor : Number(a % BigInt(divisor))
  return remainder < 0 ? remainder + divisor : remainder + 0
}
