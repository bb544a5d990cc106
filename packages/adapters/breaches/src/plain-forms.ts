/** Longer texts are nobody's list's. */
const MAX_CHARACTERS = 256
/** A part that short is in every list, and says nothing. */
const MIN_PART_CHARACTERS = 4

/**
 * What a password comes down to for somebody who guesses: without case, blanks and punctuation, without digits at its
 * ends, and the unit that it repeats. Whoever guesses tries these ways of dressing up a known password first.
 */
export function plainForms(password: string): readonly string[] {
  if (password.length > MAX_CHARACTERS) return []
  const lower = password.normalize('NFKC').toLowerCase()
  const bare = lower.replace(/[^\p{L}\p{N}]/gu, '')
  const word = trimDigits(bare)
  return [...new Set([lower, bare, word, unitOf(bare)])].filter((each) => each.length >= MIN_PART_CHARACTERS)
}

/** The ways in which a text is two parts: two known passwords in a row are hardly better than one. */
export function halves(text: string): (readonly [string, string])[] {
  const all: [string, string][] = []
  for (let i = MIN_PART_CHARACTERS; i <= text.length - MIN_PART_CHARACTERS; i++)
    all.push([text.slice(0, i), text.slice(i)])
  return all
}

/** `abcabcabc` is `abc`; `aaaa` is `a`. */
export function unitOf(text: string): string {
  for (let length = 1; length <= text.length / 2; length++) {
    const unit = text.slice(0, length)
    if (unit.repeat(Math.ceil(text.length / length)).startsWith(text)) return unit
  }
  return text
}

function trimDigits(text: string): string {
  let [start, end] = [0, text.length]
  while (start < end && /\d/.test(text[start] as string)) start++
  while (end > start && /\d/.test(text[end - 1] as string)) end--
  return text.slice(start, end)
}
