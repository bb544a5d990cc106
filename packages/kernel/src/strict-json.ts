const DEPTH = 16
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Reads a JSON object from bytes: UTF-8 without errors and without byte order mark, no name twice in one object,
 * no deeper than is said. `undefined` where it is anything else.
 *
 * RFC 7515 §4 and RFC 7519 §4 let a reader take the last of two equal names; then two readers may see two
 * different tokens, so a repeated name is refused here.
 */
export function parseStrictObject(bytes: Uint8Array, maxDepth = DEPTH): Record<string, unknown> | undefined {
  try {
    const text = decoder.decode(bytes)
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
    return isUnambiguous(text, maxDepth) ? (value as Record<string, unknown>) : undefined
  } catch {
    // Neither UTF-8 nor JSON: the answer is the same, and the parser's words would quote the caller's text.
    return undefined
  }
}

/** Walks a text that is known to be JSON once, holding the names of every object that is open. */
function isUnambiguous(text: string, maxDepth: number): boolean {
  const open: (Set<string> | undefined)[] = []
  for (let i = 0; i < text.length; i++) {
    const character = text.charCodeAt(i)
    if (character === OBJECT || character === ARRAY) {
      if (open.push(character === OBJECT ? new Set() : undefined) > maxDepth) return false
    } else if (character === OBJECT_END || character === ARRAY_END) {
      open.pop()
    } else if (character === QUOTE) {
      const end = endOfString(text, i)
      if (text.charCodeAt(skipSpace(text, end + 1)) === COLON) {
        const names = open.at(-1)
        const name = nameIn(text, i, end)
        if (names?.has(name)) return false
        names?.add(name)
      }
      i = end
    }
  }
  return true
}

/** The name itself: `"\u0061"` and `"a"` are the same. */
function nameIn(text: string, start: number, end: number): string {
  const raw = text.slice(start, end + 1)
  return raw.includes('\\') ? (JSON.parse(raw) as string) : raw.slice(1, -1)
}

function endOfString(text: string, start: number): number {
  let i = start + 1
  while (text.charCodeAt(i) !== QUOTE) i += text.charCodeAt(i) === BACKSLASH ? 2 : 1
  return i
}

function skipSpace(text: string, from: number): number {
  let i = from
  while (i < text.length && text.charCodeAt(i) <= SPACE) i++
  return i
}

const SPACE = 0x20
const QUOTE = 0x22
const COLON = 0x3a
const ARRAY = 0x5b
const BACKSLASH = 0x5c
const ARRAY_END = 0x5d
const OBJECT = 0x7b
const OBJECT_END = 0x7d
