/** Directives of `Cache-Control` (RFC 9111 §5.2), names in lower case; of one that comes twice the first counts. */
export type Directives = ReadonlyMap<string, string>

const MAX_DIRECTIVES = 64
const NONE: Directives = new Map()

export function readDirectives(values: readonly string[]): Directives {
  if (values.length === 0) return NONE
  const found = new Map<string, string>()
  for (const each of values.flatMap(splitOutsideQuotes).slice(0, MAX_DIRECTIVES)) {
    const at = each.indexOf('=')
    const name = (at === -1 ? each : each.slice(0, at)).trim().toLowerCase()
    const value = at === -1 ? '' : unquoted(each.slice(at + 1).trim())
    if (name !== '' && !found.has(name)) found.set(name, value)
  }
  return found
}

/** A time of a directive in seconds; what cannot be read is stale at once (RFC 9111 §4.2.1). `undefined` where it is not there. */
export function secondsOf(directives: Directives, name: string): number | undefined {
  const value = directives.get(name)
  if (value === undefined) return undefined
  return /^[0-9]{1,10}$/.test(value) ? Number(value) : 0
}

/** `private="a, b"` is one directive. */
function splitOutsideQuotes(text: string): string[] {
  const parts: string[] = []
  let from = 0
  let isQuoted = false
  for (let i = 0; i < text.length; i++) {
    const character = text.charAt(i)
    if (character === '"') isQuoted = !isQuoted
    else if (character === '\\' && isQuoted) i++
    else if (character === ',' && !isQuoted) {
      parts.push(text.slice(from, i))
      from = i + 1
    }
  }
  parts.push(text.slice(from))
  return parts
}

function unquoted(text: string): string {
  return text.length >= 2 && text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1) : text
}
