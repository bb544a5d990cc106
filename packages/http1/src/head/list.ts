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
    .map(withoutBlanks)
    .filter((each) => each !== '')
}

/** OWS (RFC 9110 §5.6.3) is blank and tab; `trim` would take other spaces off and so find words that are none. */
function withoutBlanks(text: string): string {
  let from = 0
  let to = text.length
  while (from < to && (text[from] === ' ' || text[from] === '\t')) from++
  while (to > from && (text[to - 1] === ' ' || text[to - 1] === '\t')) to--
  return text.slice(from, to)
}
