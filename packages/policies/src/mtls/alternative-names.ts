/** The names that a certificate is for (RFC 5280 §4.2.1.6), of the kinds by which apps are recognised. */
export interface AlternativeNames {
  readonly dns: readonly string[]
  readonly uri: readonly string[]
  readonly email: readonly string[]
}

const kinds: ReadonlyMap<string, keyof AlternativeNames> = new Map([
  ['DNS', 'dns'],
  ['URI', 'uri'],
  ['email', 'email'],
])

/**
 * Reads what `node:crypto` writes: `DNS:a.example, URI:"b, c"`. A value that could be mistaken for more than one is written
 * as a JSON string there, and read as one here; a quote anywhere else makes all of it unreadable.
 *
 * @throws SyntaxError
 */
export function readAlternativeNames(text: string | undefined): AlternativeNames {
  const names = { dns: [] as string[], uri: [] as string[], email: [] as string[] }
  let rest = text ?? ''
  while (rest !== '') {
    const colon = rest.indexOf(':')
    if (colon === -1) throw new SyntaxError('a name without its kind')
    const kind = kinds.get(rest.slice(0, colon))
    const value = valueIn(rest.slice(colon + 1))
    if (kind !== undefined) names[kind].push(value.text)
    rest = value.rest
  }
  return names
}

function valueIn(text: string): { readonly text: string; readonly rest: string } {
  if (text.startsWith('"')) {
    let end = 1
    while (end < text.length && text[end] !== '"') end += text[end] === '\\' ? 2 : 1
    const value: unknown = JSON.parse(text.slice(0, end + 1))
    return { text: String(value), rest: after(text.slice(end + 1)) }
  }
  const end = text.indexOf(', ')
  const value = end === -1 ? text : text.slice(0, end)
  if (value.includes('"')) throw new SyntaxError('a quote within a name')
  return { text: value, rest: end === -1 ? '' : text.slice(end + 2) }
}

function after(text: string): string {
  if (text === '') return ''
  if (!text.startsWith(', ')) throw new SyntaxError('something after a name')
  return text.slice(2)
}
