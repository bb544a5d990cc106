/** A word of an expression over scopes, and where it begins. */
export type Token = { readonly at: number } & (
  | { readonly kind: 'and' | 'or' | 'not' | '(' | ')' }
  | { readonly kind: 'scope'; readonly name: string }
)

/** Takes an expression apart, character by character; a text is what is wrong with it. */
export function readTokens(text: string): Token[] | string {
  const tokens: Token[] = []
  let at = 0
  while (at < text.length) {
    const character = text[at] as string
    if (isSpace(character)) {
      at++
    } else if (character === '(' || character === ')') {
      tokens.push({ kind: character, at })
      at++
    } else {
      const isQuoted = character === '"'
      const start = isQuoted ? at + 1 : at
      const end = isQuoted ? text.indexOf('"', start) : endOfWord(text, at)
      if (end < 0) return `the quote at character ${at + 1} is never closed`
      const name = text.slice(start, end)
      if (!isScope(name)) return `no scope has the name that is at character ${at + 1} (RFC 6749 §3.3)`
      const keyword = isQuoted ? undefined : keywords.get(name.toLowerCase())
      tokens.push(keyword === undefined ? { kind: 'scope', name, at } : { kind: keyword, at })
      at = isQuoted ? end + 1 : end
    }
  }
  return tokens
}

const keywords: ReadonlyMap<string, 'and' | 'or' | 'not'> = new Map([
  ['and', 'and'],
  ['or', 'or'],
  ['not', 'not'],
])

function endOfWord(text: string, start: number): number {
  let end = start
  while (end < text.length && !isBoundary(text[end] as string)) end++
  return end
}

function isBoundary(character: string): boolean {
  return isSpace(character) || character === '(' || character === ')' || character === '"'
}

function isSpace(character: string): boolean {
  return character === ' ' || character === '\n' || character === '\t' || character === '\r'
}

/** `scope-token` of RFC 6749 §3.3: printable ASCII without space, quote and backslash. */
function isScope(name: string): boolean {
  if (name === '') return false
  for (const character of name) {
    if (character < '!' || character > '~' || character === '"' || character === '\\') return false
  }
  return true
}
