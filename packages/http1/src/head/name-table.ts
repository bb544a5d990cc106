/**
 * The spellings of field names that came last, one text for each: names come again with every message, and a text that
 * is the same object is found and compared at once, where a piece cut out of a head must be hashed and compared anew.
 */
const SLOTS = 1_024
const MAX_LENGTH = 64
const names: (string | undefined)[] = new Array(SLOTS).fill(undefined)

/** Adds a byte of a name to its hash, which begins with 0. */
export function hashed(hash: number, byte: number): number {
  return (Math.imul(hash, 31) + byte) | 0
}

/** The name that stands there; whoever makes names up costs others no more than that theirs are cut out again. */
export function nameAt(bytes: Uint8Array, text: string, start: number, end: number, hash: number): string {
  const slot = (hash ^ (hash >>> 10)) & (SLOTS - 1)
  const known = names[slot]
  if (known !== undefined && known.length === end - start && isAt(known, bytes, start)) return known
  const name = text.slice(start, end)
  if (end - start > MAX_LENGTH) return name
  // A copy: a piece of a head would keep all of the head in memory.
  const copy = Buffer.from(name, 'latin1').toString('latin1')
  names[slot] = copy
  return copy
}

function isAt(name: string, bytes: Uint8Array, start: number): boolean {
  for (let i = 0; i < name.length; i++) if (name.charCodeAt(i) !== bytes[start + i]) return false
  return true
}
