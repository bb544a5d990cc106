/**
 * One element of Forwarded (RFC 7239 §4): pairs `name=value` parted by semicolons, values as tokens or quoted strings.
 * Names in lower case. `undefined` when it is malformed, names something twice or is beyond measure.
 */
export function readForwardedElement(text: string): ReadonlyMap<string, string> | undefined {
  if (text.length > MAX_CHARACTERS) return undefined
  const pairs = new Map<string, string>()
  let at = 0
  while (at < text.length) {
    PAIR.lastIndex = at
    const found = PAIR.exec(text)
    if (found === null) return undefined
    const [whole, name = '', token, quoted] = found
    const lower = name.toLowerCase()
    if (pairs.has(lower)) return undefined
    pairs.set(lower, token ?? (quoted ?? '').replaceAll(/\\(.)/g, '$1'))
    at += whole.length
  }
  return pairs.size === 0 ? undefined : pairs
}

const MAX_CHARACTERS = 1_024
const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+"
/** Of what a quoted string may hold (RFC 9110 §5.6.4), printable ASCII alone. */
const QUOTED = '"((?:[ !#-[\\]-~]|\\\\[ -~])*)"'
/** A pair and what ends it. Linear: after each character one way at most goes on. */
const PAIR = new RegExp(`(${TOKEN})=(?:(${TOKEN})|${QUOTED})[ \\t]*(?:$|;[ \\t]*)`, 'y')
