/** Characters of a path as RFC 3986 and the WHATWG URL standard class them, by code below 128. */
export const REFUSED = 0
/** RFC 3986 §2.3: the same resource whether encoded or not. */
export const UNRESERVED = 1
/** RFC 3986 §3.3: may stand in a segment, and means something else when encoded. */
export const DELIMITER = 2
/** Not allowed in a path by RFC 3986, but sent raw by browsers (URL standard §1.3); encoding changes nothing. */
export const ENCODED = 3

const classes = new Uint8Array(128)
mark('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~', UNRESERVED)
mark("!$&'()*+,;=:@", DELIMITER)
mark('"<>[]^`{|}', ENCODED)

function mark(characters: string, as: number): void {
  for (let i = 0; i < characters.length; i++) classes[characters.charCodeAt(i)] = as
}

export function classOf(code: number): number {
  return code < 128 ? (classes[code] as number) : REFUSED
}

/** The value of two hexadecimal digits at a place of a text, or -1. */
export function byteAt(text: string, at: number): number {
  const high = digitAt(text, at)
  const low = digitAt(text, at + 1)
  return high < 0 || low < 0 ? -1 : high * 16 + low
}

function digitAt(text: string, at: number): number {
  const code = text.charCodeAt(at)
  if (code >= 48 && code <= 57) return code - 48
  const upper = code & ~32
  return upper >= 65 && upper <= 70 ? upper - 55 : -1
}

/** RFC 3986 §2.1: upper-case digits are the normal form. */
export function encodeByte(byte: number): string {
  return `%${byte < 16 ? '0' : ''}${byte.toString(16).toUpperCase()}`
}

/** Decodes percent-encoded UTF-8; `undefined` where it is malformed. Never throws. */
export function decodePercent(text: string): string | undefined {
  if (!text.includes('%')) return text
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

/** Controls of C0 and C1, and DEL: never part of a name, and able to break logs, headers and terminals. */
export function hasControl(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code < 32 || (code >= 127 && code < 160)) return true
  }
  return false
}
