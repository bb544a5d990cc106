/** Whoever mistypes a word mistypes a letter or two of it; what is further away is another word. */
const LETTERS_PER_SLIP = 3

/** Words longer than these are no slips of a finger, and would take long to compare. */
const MAX_LETTERS = 64

/**
 * The known word that somebody most likely meant, or undefined where none is near: at most one slip for three letters. A
 * slip is a letter too many, too few, another one, or two that changed places (optimal string alignment).
 */
export function nearest(word: string, known: Iterable<string>): string | undefined {
  if (word.length === 0 || word.length > MAX_LETTERS) return undefined
  const plain = plainOf(word)
  let best: string | undefined
  let slips = Math.max(1, Math.floor(plain.length / LETTERS_PER_SLIP)) + 1
  for (const each of known) {
    if (each === word || each.length > MAX_LETTERS || Math.abs(each.length - word.length) >= slips) continue
    const distance = slipsBetween(plain, plainOf(each))
    if (distance < slips) [best, slips] = [each, distance]
  }
  return best
}

/** `client_credentials`, `client-credentials` and `Client-Credentials` are one word to whoever remembers it. */
const plainOf = (word: string): string => word.toLowerCase().replaceAll('_', '-')

/** ` Did you mean "state"?`, or nothing: what comes after a sentence that refuses a word. */
export function meant(word: string, known: Iterable<string>): string {
  const found = nearest(word, known)
  return found === undefined ? '' : ` Did you mean "${found}"?`
}

function slipsBetween(one: string, other: string): number {
  let before: number[] = []
  let above = Array.from({ length: other.length + 1 }, (_, j) => j)
  for (let i = 1; i <= one.length; i++) {
    const row = [i]
    for (let j = 1; j <= other.length; j++) {
      const same = one[i - 1] === other[j - 1]
      const changed = (above[j - 1] as number) + (same ? 0 : 1)
      let least = Math.min(changed, (above[j] as number) + 1, (row[j - 1] as number) + 1)
      const swapped = i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1]
      if (swapped) least = Math.min(least, (before[j - 2] as number) + 1)
      row.push(least)
    }
    before = above
    above = row
  }
  return above[other.length] as number
}
