/** A pattern of `like`: texts between wildcards. */
export type Pattern = readonly string[]

/**
 * Whether the text is the parts in this order with anything between them. Every part is taken at the first place
 * where it occurs, so nothing is tried twice: the work grows with the text, whatever the pattern.
 */
export function matchPattern(parts: Pattern, text: string): boolean {
  const first = parts[0] ?? ''
  if (parts.length === 1) return text === first
  const last = parts[parts.length - 1] ?? ''
  const end = text.length - last.length
  if (first.length > end || !text.startsWith(first) || !text.endsWith(last)) return false
  let at = first.length
  for (let index = 1; index < parts.length - 1; index++) {
    const part = parts[index] as string
    const found = text.indexOf(part, at)
    if (found === -1) return false
    at = found + part.length
  }
  return at <= end
}
