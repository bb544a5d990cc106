import { type Malformed, malformed } from './malformed.ts'

/** Fields as a flat list of names and values, in the order and spelling of the wire, values without the blanks around. */
export type Fields = string[]

/** `token` of RFC 9110 §5.6.2. */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/

/**
 * Anything that may not stand in a head after its lines were told apart: controls but HTAB, CR and LF (RFC 9110 §5.5),
 * and HTAB at the end of a line. That is lawful, but llhttp and others keep it, and then read another value than we do.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: controls are what is looked for
const FORBIDDEN = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f]|\t *\r/

/** A CR or LF that is not half of a line ending. */
const BARE = /\r(?!\n)|(?<!\r)\n/

/** Names repeat: the verdict on a spelling is kept, for as many spellings as a site uses. */
const MAX_KNOWN = 4096
const known = new Set<string>()

/** Looks for bytes that no line of a head may hold. One pass over all of it, in linear time. */
export function checkBytes(head: string): Malformed | undefined {
  if (FORBIDDEN.test(head)) return malformed(400, 'bad-field')
  return BARE.test(head) ? malformed(400, 'bad-line-ending') : undefined
}

/**
 * Reads the field lines of a head that `checkBytes` has passed, from `start` to its end; every line ends with CRLF.
 * Refuses what is read differently by different readers: blanks before the colon, names that are no token, folded lines.
 */
export function readFieldLines(head: string, start: number, maxFields: number): Fields | Malformed {
  const fields: Fields = []
  for (let from = start; from < head.length; ) {
    const end = head.indexOf('\r\n', from)
    const colon = head.indexOf(':', from)
    if (colon < 0 || colon > end) return malformed(400, isBlank(head, from) ? 'folded-field' : 'bad-field')
    const name = head.slice(from, colon)
    if (!isToken(name)) return malformed(400, isBlank(head, from) ? 'folded-field' : 'bad-field')
    if (fields.length === maxFields * 2) return malformed(431, 'too-many-fields')
    fields.push(name, trimmed(head, colon + 1, end))
    from = end + 2
  }
  return fields
}

export function isToken(name: string): boolean {
  if (known.has(name)) return true
  if (!TOKEN.test(name)) return false
  // A copy: a piece of a head would keep all of the head in memory.
  if (known.size < MAX_KNOWN && name.length <= 64) known.add(Buffer.from(name, 'latin1').toString('latin1'))
  return true
}

function isBlank(head: string, at: number): boolean {
  const code = head.charCodeAt(at)
  return code === 32 || code === 9
}

/** OWS (RFC 9110 §5.6.3) is blank and tab, no other space: `trim` would take more. */
function trimmed(head: string, start: number, end: number): string {
  let from = start
  let to = end
  while (from < to && isBlank(head, from)) from++
  while (to > from && isBlank(head, to - 1)) to--
  return head.slice(from, to)
}
