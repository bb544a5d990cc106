/** What a caller prefers of a mock. */
export interface Preference {
  readonly status?: number
  readonly example?: string
}

const MAX_PREFERENCES = 16

/**
 * Reads `Prefer` (RFC 7240 §2): `status` (some write `code`) and `example`; of one that comes twice the first counts, others
 * are passed over, as the RFC has it.
 */
export function readPreference(values: readonly string[]): Preference {
  const found: { status?: number; example?: string } = {}
  const all = values.flatMap((value) => value.split(',', MAX_PREFERENCES)).slice(0, MAX_PREFERENCES)
  for (const each of all) {
    const [pair = ''] = each.split(';', 1)
    const at = pair.indexOf('=')
    if (at === -1) continue
    const key = pair.slice(0, at).trim().toLowerCase()
    const value = unquoted(pair.slice(at + 1).trim())
    if ((key === 'status' || key === 'code') && /^[1-5][0-9]{2}$/.test(value)) found.status ??= Number(value)
    if (key === 'example' && value !== '') found.example ??= value
  }
  return found
}

function unquoted(text: string): string {
  return text.length >= 2 && text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1) : text
}
