import type { Json } from '@portcullis/kernel/json'
import { longOf } from './long.ts'
import { tokensOf } from './source.ts'

export interface Literals {
  /** The text to be parsed instead, as long as the original. */
  readonly text: string
  /** Puts the numbers back into what was parsed, as nodes `Long`. */
  restore(parsed: Json): Json
}

/**
 * Cedar's parser hands numbers over as JavaScript numbers, which round beyond 2^53. So literals beyond it are
 * replaced by small numbers of the same length that occur nowhere else in the text, and put back afterwards.
 */
export function literals(text: string): Literals {
  const tokens = [...tokensOf(text)]
  const numbers = tokens.filter((token) => /^[0-9]/.test(token.text))
  const taken = new Set(numbers.map((token) => BigInt(token.text)))
  const originals = new Map<number, bigint>()
  let next = Number.MAX_SAFE_INTEGER
  const replaced = tokens.map((token) => {
    if (!/^[0-9]{16,}$/.test(token.text)) return token.text
    const value = BigInt(token.text)
    if (value <= BigInt(Number.MAX_SAFE_INTEGER)) return token.text
    while (taken.has(BigInt(next))) next--
    originals.set(next, value)
    return String(next--).padStart(token.text.length, '0')
  })
  const restore = (parsed: Json): Json => restoreIn(parsed, originals)
  return originals.size === 0 ? { text, restore: (parsed) => parsed } : { text: replaced.join(''), restore }
}

function restoreIn(json: Json, originals: ReadonlyMap<number, bigint>): Json {
  if (Array.isArray(json)) return json.map((item) => restoreIn(item, originals))
  if (json === null || typeof json !== 'object') return json
  const entries = Object.entries(json)
  const value = entries.length === 1 && entries[0]?.[0] === 'Value' ? entries[0][1] : undefined
  const original = typeof value === 'number' ? originals.get(Math.abs(value)) : undefined
  if (original !== undefined) {
    const long = longOf((value as number) < 0 ? -original : original)
    return { Long: String(long) }
  }
  return Object.fromEntries(entries.map(([key, item]) => [key, restoreIn(item, originals)]))
}
