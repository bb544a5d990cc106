const COMMA = 0x2c
const QUOTE = 0x22
const BACKSLASH = 0x5c

/**
 * The elements of a list field (RFC 9110 §5.6.1), the last of the last line first, without those that are empty; commas
 * inside quoted strings part nothing. Read from this end because here stands what the nearest proxy wrote: quotes that
 * somebody left open further to the left change nothing about it.
 */
export function* fromTheRight(lines: readonly string[], maxElements: number): Generator<string, void> {
  let left = maxElements
  for (let i = lines.length - 1; i >= 0; i--) {
    const line = lines[i] as string
    let end = line.length
    while (end >= 0) {
      const start = startOf(line, end)
      const element = line.slice(start, end).trim()
      if (element !== '') yield element
      // Empty ones count too: a list of nothing else is not walked for ever.
      if (--left <= 0) return
      end = start - 1
    }
  }
}

/** Where the element begins that ends there. */
function startOf(line: string, end: number): number {
  let isQuoted = false
  for (let i = end - 1; i >= 0; i--) {
    const character = line.charCodeAt(i)
    if (character === QUOTE && !isEscaped(line, i)) isQuoted = !isQuoted
    else if (character === COMMA && !isQuoted) return i + 1
  }
  return 0
}

function isEscaped(line: string, at: number): boolean {
  let slashes = 0
  while (at - slashes > 0 && line.charCodeAt(at - slashes - 1) === BACKSLASH) slashes++
  return slashes % 2 === 1
}
