/** What stands between `;` and `;` (RFC 6265 §4.2.1). Names know case; values are taken as they are. */
export interface Cookie {
  readonly name: string
  readonly value: string
}

export function readCookies(values: readonly string[]): Cookie[] {
  return values
    .flatMap((value) => value.split(';'))
    .flatMap((pair) => {
      const at = pair.indexOf('=')
      if (at === -1) return []
      return [{ name: pair.slice(0, at).trim(), value: unquoted(pair.slice(at + 1).trim()) }]
    })
}

/** The field without one cookie; empty where it was the only one. */
export function withoutCookie(values: readonly string[], name: string): string {
  return values
    .flatMap((value) => value.split(';'))
    .filter((pair) => pair.split('=', 1)[0]?.trim() !== name && pair.trim() !== '')
    .map((pair) => pair.trim())
    .join('; ')
}

function unquoted(text: string): string {
  return text.length >= 2 && text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1) : text
}
