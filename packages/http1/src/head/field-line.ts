import { isToken } from './field-kind.ts'
import { type Malformed, malformed } from './malformed.ts'
import { hashed, nameAt } from './name-table.ts'
import { isPlain } from './plain-bytes.ts'

/** Fields as a flat list of names and values, in the order and spelling of the wire, values without the blanks around. */
export type Fields = string[]

/**
 * Anything that may not stand in a head after its lines were told apart: controls but HTAB, CR and LF (RFC 9110 §5.5),
 * and HTAB at the end of a line. That is lawful, but llhttp and others keep it, and then read another value than we do.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: controls are what is looked for
const FORBIDDEN = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f]|\t *\r/

/** A CR or LF that is not half of a line ending. */
const BARE = /\r(?!\n)|(?<!\r)\n/

const CR = 13
const LF = 10
const HTAB = 9
const BLANK = 32
const COLON = 58

/** What a byte may be part of. */
const IN_NAME = 1
const IN_VALUE = 2
const places = Uint8Array.from({ length: 256 }, (_, byte) => {
  const isText = byte === HTAB || (byte >= BLANK && byte !== 127)
  return (isToken(String.fromCharCode(byte)) ? IN_NAME : 0) | (isText ? IN_VALUE : 0)
})

/**
 * Looks for bytes that no line of a head may hold, to say what is wrong with a head that was refused: they come first,
 * because they may be what made the rest look wrong.
 */
export function checkBytes(head: string): Malformed | undefined {
  if (FORBIDDEN.test(head)) return malformed(400, 'bad-field')
  return BARE.test(head) ? malformed(400, 'bad-line-ending') : undefined
}

/**
 * Reads the field lines of a head from `start` on into `fields`, looking at every byte once, up to the empty line or the
 * end of `text`, and tells where that is; `bytes` begin with the same as `text`. Takes nothing that `checkBytes` finds,
 * nor what is read differently by different readers: blanks before the colon, names that are no token, folded lines.
 */
export function readFieldLines(
  bytes: Uint8Array,
  text: string,
  start: number,
  maxFields: number,
  fields: Fields,
): number | Malformed {
  let at = start
  while (at < text.length && !(bytes[at] === CR && bytes[at + 1] === LF)) {
    let colon = at
    let hash = 0
    while (colon < bytes.length && ((places[bytes[colon] as number] as number) & IN_NAME) !== 0) {
      hash = hashed(hash, bytes[colon] as number)
      colon++
    }
    if (colon === at || bytes[colon] !== COLON) {
      return malformed(400, isBlank(bytes[at]) ? 'folded-field' : 'bad-field')
    }
    let from = colon + 1
    while (isBlank(bytes[from])) from++
    const end = endOfLine(bytes, from)
    if (end < 0) return malformed(400, 'bad-field')
    if (fields.length === maxFields * 2) return malformed(431, 'too-many-fields')
    fields.push(nameAt(bytes, text, at, colon, hash), text.slice(from, endOfValue(bytes, from, end)))
    at = end + 2
  }
  return at
}

/** Where a line of text ends with CRLF, and without HTAB before; -1 where it does not. */
export function endOfLine(bytes: Uint8Array, start: number): number {
  let end = endOfText(bytes, start, start + SHORT)
  if (end === start + SHORT) end = endOfText(bytes, endOfPlain(bytes, end), bytes.length)
  if (bytes[end] !== CR || bytes[end + 1] !== LF) return -1
  let last = end - 1
  while (bytes[last] === BLANK) last--
  return bytes[last] === HTAB ? -1 : end
}

/** What is longer, such as a token, is looked at four bytes at a time. */
const SHORT = 64

function endOfText(bytes: Uint8Array, start: number, limit: number): number {
  const last = Math.min(limit, bytes.length)
  let end = start
  while (end < last && ((places[bytes[end] as number] as number) & IN_VALUE) !== 0) end++
  return end
}

/** How far there is nothing but bytes of values, HTAB not among them; stops up to three bytes early. */
function endOfPlain(bytes: Uint8Array, start: number): number {
  const words = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let end = start
  while (end + 4 <= bytes.length && isPlain(words.getInt32(end, true))) end += 4
  return end
}

/** OWS (RFC 9110 §5.6.3) is blank and tab, no other space; of tabs there are none left here. */
function endOfValue(bytes: Uint8Array, start: number, end: number): number {
  let to = end
  while (to > start && bytes[to - 1] === BLANK) to--
  return to
}

function isBlank(byte: number | undefined): boolean {
  return byte === BLANK || byte === HTAB
}

/** Whether a name is this one, given in lower case. Its length and first letter tell most apart before any is lowered. */
export function isNamed(name: string, lower: string): boolean {
  if (name.length !== lower.length || (name.charCodeAt(0) | 32) !== lower.charCodeAt(0)) return false
  return name === lower || name.toLowerCase() === lower
}
