/** Whether a comma-separated list (RFC 9110 §5.6.1) holds a word, given in lower case. */
export function listHas(list: string | undefined, word: string): boolean {
  if (list === undefined) return false
  if (list.length === word.length) return list === word || list.toLowerCase() === word
  return list.includes(',') && wordsOf(list).includes(word)
}

/** The words of a list, in lower case. */
export function wordsOf(list: string): string[] {
  return list
    .toLowerCase()
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '')
}
