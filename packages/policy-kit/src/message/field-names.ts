/**
 * Names of fields that are to be found as any server may read them: whatever the case of their letters (RFC 9110 §5.1), and
 * with `_` for `-` too (`readName`).
 */
export class FieldNames {
  readonly #names: string[] = []
  /** A bit for each length that one of them has: most names that are asked for have none of these. */
  #lengths = 0

  constructor(names: readonly string[] = []) {
    for (const name of names) this.add(name)
  }

  add(name: string): void {
    this.#names.push(name)
    this.#lengths |= 1 << name.length
  }

  has(name: string): boolean {
    if ((this.#lengths & (1 << name.length)) === 0) return false
    for (let i = 0; i < this.#names.length; i++) if (isReadAlike(this.#names[i] as string, name)) return true
    return false
  }
}

/** Whether two names differ in nothing but the case of letters of ASCII; makes no text in lower case. */
export function isSameName(a: string, b: string): boolean {
  if (!mayBeSame(a, b)) return false
  if (a === b) return true
  for (let i = 0; i < a.length; i++) if (!isSameLetter(a.charCodeAt(i), b.charCodeAt(i))) return false
  return true
}

/** Whether `readName` makes the same of two names that begin alike. */
export function isReadAlike(a: string, b: string): boolean {
  if (!mayBeSame(a, b)) return false
  if (a === b) return true
  for (let i = 0; i < a.length; i++) {
    const one = a.charCodeAt(i)
    const other = b.charCodeAt(i)
    if (!isSameLetter(one, other) && !(isDash(one) && isDash(other))) return false
  }
  return true
}

/** Their length and first letter tell most names apart; nearly all that are the same are one text. */
function mayBeSame(a: string, b: string): boolean {
  return a.length === b.length && (a.charCodeAt(0) | CASE) === (b.charCodeAt(0) | CASE)
}

const CASE = 0x20
const LOWER_A = 0x61
const LOWER_Z = 0x7a
const HYPHEN = 0x2d
const UNDERSCORE = 0x5f

function isSameLetter(one: number, other: number): boolean {
  if (one === other) return true
  if ((one ^ other) !== CASE) return false
  const lower = one | CASE
  return lower >= LOWER_A && lower <= LOWER_Z
}

function isDash(code: number): boolean {
  return code === HYPHEN || code === UNDERSCORE
}
