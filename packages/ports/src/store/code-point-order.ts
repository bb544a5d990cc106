/**
 * The order of texts that every engine can keep: by code point, which is also the byte order of UTF-8. JavaScript
 * compares UTF-16 units, where U+1F600 (a surrogate pair, from 0xD800) comes before U+E000.
 * Both texts must be well-formed.
 */
export function compareCodePoints(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x !== y) return rank(x) - rank(y)
  }
  return a.length - b.length
}

/** Moves the surrogates, which stand for everything above U+FFFF, behind the other units. */
function rank(unit: number): number {
  if (unit < FIRST_SURROGATE) return unit
  return unit <= LAST_SURROGATE ? unit + 0x2000 : unit - 0x800
}

const FIRST_SURROGATE = 0xd800
const LAST_SURROGATE = 0xdfff
const LAST_CODE_POINT = 0x10ffff

/**
 * The first text after all those that begin with `prefix`, so that an engine can read them as one range;
 * `undefined` when there is no text after them.
 */
export function prefixEnd(prefix: string): string | undefined {
  const points = Array.from(prefix, (character) => character.codePointAt(0) as number)
  while (points.at(-1) === LAST_CODE_POINT) points.pop()
  const last = points.pop()
  if (last === undefined) return undefined
  return String.fromCodePoint(...points, last + 1 === FIRST_SURROGATE ? LAST_SURROGATE + 1 : last + 1)
}
